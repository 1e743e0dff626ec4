// What each command means in a workflow, seen from Lua and in the history.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/json.h"
#include "units/workflows/testing/lua_bindings.h"
#include "units/workflows/testing/world.h"

namespace trivium::units::workflows::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr auto second = "1000000000";

// A workflow of one entry, run to its end.
std::string result_of(World& world, const std::string& body) {
  world.programs.add("app:wf", "return function(...) " + body + " end");
  return shown(world.execute("app:wf"));
}

class Commands : public ::testing::Test {
 protected:
  World world;
};

// --- time -------------------------------------------------------------------------------------------

TEST_F(Commands, SleepIsATimer) {
  const auto started =
      (world.programs.add("app:wf", std::string("return function() sleep(") + second + ") end"),
       world.start("app:wf"));
  EXPECT_THAT(outline(world.history(started->pid)), HasSubstr("5 TimerStarted\n"));
  EXPECT_EQ(shown(world.wait(started->pid)), "null");
  EXPECT_THAT(outline(world.history(started->pid)), HasSubstr("6 TimerFired\n"));
}

TEST_F(Commands, SleepOfNothingNeedsNoCommand) {
  EXPECT_EQ(result_of(world, "sleep(0) sleep(-5) return info().history_length"), "3");
}

TEST_F(Commands, WorkflowTimeStandsStillWithinATaskAndMovesWithTimers) {
  EXPECT_EQ(result_of(world, "local a = os.time() sleep(5000000000) return os.time() - a"), "5");
}

TEST_F(Commands, ATimersChannelGetsTheTimeOfTheTaskThatDeliversIt) {
  EXPECT_EQ(result_of(world, "local at = after(2000000000):receive() return at // 1000000000 - os.time()"),
            "0");
}

TEST_F(Commands, ATickerStartsItsNextTimerWhenOneFires) {
  const std::string body =
      "local c, op = tick(1000000000) for i = 1, 3 do c:receive() end stop(op) sleep(5000000000) return "
      "'ticked'";
  EXPECT_EQ(result_of(world, body), "\"ticked\"");
}

TEST_F(Commands, TimersFireAfterARestartEvenWhenTheyFellDueMeanwhile) {
  world.programs.add("app:wf", "return function() sleep(3600000000000) return 'late' end");
  const auto started = world.start("app:wf");
  world.queue().crash_at(1, TestQueue::Crash::before);
  world.timers().advance(std::chrono::hours(5));
  world.restart();
  EXPECT_EQ(shown(world.wait(started->pid)), "\"late\"");
}

// --- activities -------------------------------------------------------------------------------------

TEST_F(Commands, AnActivityFailsAsTheFunctionDid) {
  world.functions.add("app:f", [](const Array&) {
    Error error = Error::of(kind::not_found, "no such order");
    error.details = Object{{"order", 7}};
    return lua::Reply::failure(error);
  });
  EXPECT_EQ(
      result_of(world,
                "local v, e = call('app:f') return {e:kind(), e:message(), e:retryable(), e:details().order, "
                "e:details()._wrapper, e:details()._activity_id, e:details()._retry_state}"),
      R"(["NotFound","no such order",false,7,"activity","5","NonRetryableFailure"])");
}

TEST_F(Commands, AnActivityIsTriedAgainUnderItsPolicy) {
  int attempts = 0;
  world.functions.add("app:f", [&](const Array&) {
    if (++attempts < 4) return lua::Reply::failure(Error::unspecified(kind::internal, "not yet"));
    return lua::Reply::of(attempts);
  });
  EXPECT_EQ(result_of(world, "local t = os.time() local v = call('app:f') return {v, os.time() - t}"),
            "[4,7]");
}

TEST_F(Commands, AttemptsAreLimited) {
  int attempts = 0;
  world.functions.add("app:f", [&](const Array&) {
    ++attempts;
    return lua::Reply::failure(Error::unspecified(kind::internal, "never"));
  });
  EXPECT_EQ(result_of(world,
                      "local v, e = call_with({['activity.retry_policy'] = {maximum_attempts = 3}}, 'app:f') "
                      "return {e:message(), e:details()._retry_state}"),
            R"(["never","MaximumAttemptsReached"])");
  EXPECT_EQ(attempts, 3);
}

TEST_F(Commands, KindsCanBeExemptFromRetries) {
  int attempts = 0;
  world.functions.add("app:f", [&](const Array&) {
    ++attempts;
    return lua::Reply::failure(Error::unspecified("Refused", "no"));
  });
  result_of(world, "call_with({['activity.retry_policy'] = {nonRetryableErrorTypes = 'Refused'}}, 'app:f')");
  EXPECT_EQ(attempts, 1);
}

TEST_F(Commands, PoliciesThatCannotBeMeantAreRefused) {
  EXPECT_EQ(result_of(world, R"(
    local texts = {}
    for _, policy in ipairs({{maximum_attempts = -1}, {maximum_attempts = 1e300}, {backoff_coefficient = 0.5},
                             {backoff_coefficient = 0 / 0}}) do
      local v, e = call_with({['activity.retry_policy'] = policy}, 'app:f')
      texts[#texts + 1] = e:kind() .. ' ' .. e:message():match('retry_policy%.(.*)')
    end
    return texts)"),
            R"(["Invalid maximum_attempts must be between 0, for no limit, and 2147483647",)"
            R"("Invalid maximum_attempts must be between 0, for no limit, and 2147483647",)"
            R"("Invalid backoff_coefficient must be a finite number of at least 1",)"
            R"("Invalid backoff_coefficient must be a finite number of at least 1"])");
}

TEST_F(Commands, AnUnknownFunctionIsNotRegistered) {
  EXPECT_EQ(
      result_of(world,
                "local v, e = call_with({['activity.retry_policy'] = {maximum_attempts = 1}}, 'app:none') "
                "return {e:kind(), e:message(), e:retryable()}"),
      R"(["NotFound","unable to find activityType=app:none. Supported types: []",true])");
}

TEST_F(Commands, OptionsOfTheFunctionAreDefaults) {
  int attempts = 0;
  world.functions.add("app:f", [&](const Array&) {
    ++attempts;
    return lua::Reply::failure(Error::unspecified(kind::internal, "no"));
  });
  world.functions.set_options("app:f", Object{{"activity.retry_policy", Object{{"maximum_attempts", 2}}}});
  result_of(world, "call('app:f')");
  EXPECT_EQ(attempts, 2);
}

TEST_F(Commands, DefaultsThatDoNotReadChangeNoCall) {
  world.functions.add("app:f", [](const Array&) { return lua::Reply::of("done"); });
  world.programs.add("app:wf", "return function() return call('app:f') end");
  const auto started = world.start("app:wf");
  const std::vector<Event> history = world.history(started->pid);
  world.functions.set_options("app:f", Object{{"activity.start_to_close_timeout", "zz"}});
  EXPECT_EQ(world.replay(history, started->workflow_id, started->run_id), "");
  EXPECT_EQ(result_of(world, "return call('app:f')"), "\"done\"");
}

TEST_F(Commands, WrongOptionsNeedNoCommand) {
  EXPECT_EQ(
      result_of(world,
                "local v, e = call_with({['activity.start_to_close_timeout'] = {}}, 'app:f') "
                "return {e:kind(), e:message(), info().history_length}"),
      R"(["Invalid","invalid temporal activity options for app:f: activity.start_to_close_timeout must be a duration, got map",3])");
}

TEST_F(Commands, SeveralActivitiesRunAtOnce) {
  world.functions.add("app:f", [](const Array& arguments) { return lua::Reply::of(arguments[0]); });
  EXPECT_EQ(result_of(world,
                      "local channels, sum = {}, 0 for i = 1, 20 do channels[i] = async('app:f', i) end "
                      "for i = 1, 20 do sum = sum + channels[i]:receive() end return sum"),
            "210");
}

TEST_F(Commands, TheLastPermittedAttemptIsNotRepeatedAfterACrash) {
  int attempts = 0;
  world.functions.add("app:f", [&](const Array&) {
    ++attempts;
    return lua::Reply::of(1);
  });
  world.programs.add(
      "app:wf",
      "return function() local v, e = call_with({['activity.retry_policy'] = {maximum_attempts = 1}}, "
      "'app:f') return {e:kind(), e:details()._retry_state} end");
  StartRequest request;
  request.id = "app:wf";
  std::string pid;
  world.service().start(std::move(request), [&](Result<StartedWorkflow> started) { pid = started->pid; });
  world.run_until([&] { return world.functions.waiting() == 1; });
  world.restart();
  EXPECT_EQ(shown(world.wait(pid)), R"(["Timeout","MaximumAttemptsReached"])");
  EXPECT_EQ(attempts, 0);
}

TEST_F(Commands, TheContextOfTheWorkflowReachesItsActivities) {
  world.functions.add("app:f", [](const Array&) { return lua::Reply::of(1); });
  world.programs.add("app:wf", "return function() return call('app:f') end");
  StartRequest request;
  request.id = "app:wf";
  auto frame = std::make_shared<Frame>();
  frame->values.set("tenant", "blue");
  frame->actor = Actor{"ann", {}};
  frame->policies = Array{Value("app:readers")};
  request.frame = frame;
  world.service().start(std::move(request), [](const Result<StartedWorkflow>&) {});
  world.settle();
  ASSERT_TRUE(world.functions.last_frame());
  EXPECT_EQ(*world.functions.last_frame()->values.find("tenant"), Value("blue"));
  EXPECT_EQ(world.functions.last_frame()->actor->id, "ann");
  EXPECT_EQ(world.functions.last_frame()->policies, Array{Value("app:readers")});
}

// --- recorded values --------------------------------------------------------------------------------

TEST_F(Commands, RecordedValuesAreMadeOnce) {
  world.programs.add(
      "app:wf",
      "return function() local a = unique() sleep(1000000000) local b = unique() return {a, b} end");
  const int before = unique_values_made();
  const auto started = world.start("app:wf");
  world.restart();
  const std::string first = std::to_string(before + 1);
  const std::string second_value = std::to_string(before + 2);
  EXPECT_EQ(shown(world.wait(started->pid)), "[\"value " + first + "\",\"value " + second_value + "\"]");
}

TEST_F(Commands, RecordedBytesArriveWhole) {
  world.programs.add(
      "app:wf", "return function() local a = unique_bytes() sleep(1000000000) return {#a, a:byte(1, 5)} end");
  const auto started = world.start("app:wf");
  EXPECT_THAT(*json::encode(world.history(started->pid)[4].attributes), HasSubstr("binary/plain"));
  world.restart();
  EXPECT_THAT(shown(world.wait(started->pid)), HasSubstr(",0,255,10,128,32]"));
}

TEST_F(Commands, WhatOnlyComputesLeavesNothingInTheHistory) {
  EXPECT_EQ(
      result_of(world, "local v, e = compute(-1) return {compute(7), e:message(), info().history_length}"),
      "[49,\"negative\",3]");
}

TEST_F(Commands, AVersionIsDecidedOnce) {
  world.programs.add("app:wf",
                     "return function() local a = version('x', -1, 2) sleep(1000000000) return {a, "
                     "version('x', -1, 2)} end");
  const auto started = world.start("app:wf");
  world.restart();
  EXPECT_EQ(shown(world.wait(started->pid)), "[2,2]");
  EXPECT_THAT(outline(world.history(started->pid)),
              HasSubstr("5 MarkerRecorded\n6 UpsertWorkflowSearchAttributes\n7 TimerStarted\n"));
}

TEST_F(Commands, AHistoryFromBeforeTheChangeHasTheDefaultVersion) {
  world.programs.add("app:wf", "return function() sleep(1000000000) sleep(1000000000) return 'old' end");
  const auto started = world.start("app:wf");
  world.programs.add(
      "app:wf",
      "return function() local v = version('x', -1, 1) sleep(1000000000) sleep(1000000000) return v end");
  world.restart();
  EXPECT_EQ(shown(world.wait(started->pid)), "-1");
}

TEST_F(Commands, AttributesAreKeptWithTheRun) {
  world.programs.add("app:wf",
                     "return function() attrs({customer = 'x', count = 3}, {note = {a = 1}}) return 1 end");
  const auto started = world.start("app:wf");
  const RunDescription description = world.describe(started->pid);
  EXPECT_THAT(description.run.search_attributes, HasSubstr("Keyword"));
  EXPECT_THAT(description.run.memo, HasSubstr("note"));
}

TEST_F(Commands, WhatIsNotForWorkflowsIsRefused) {
  EXPECT_EQ(result_of(world, "local v, e = query() return {e:kind(), e:message()}"),
            R"x(["Invalid","sql.query cannot run in a workflow: call it from a function (activity)"])x");
}

// --- messages ---------------------------------------------------------------------------------------

TEST_F(Commands, SignalsWaitForWhoListensLater) {
  world.programs.add("app:wf",
                     "return function() sleep(1000000000) local c = listen('go') local a = c:receive() local "
                     "b = c:receive() return {a, b} end");
  const auto started = world.start("app:wf");
  EXPECT_TRUE(world.signal(started->pid, "go", {1}));
  EXPECT_TRUE(world.signal(started->pid, "go", {2}));
  EXPECT_EQ(shown(world.wait(started->pid)), "[1,2]");
}

TEST_F(Commands, AMessageToAProcessLeavesAfterTheCommitAndOnlyOnce) {
  world.programs.add(
      "app:wf", "return function() send('{app:host|0x00007}', 'news', 42) sleep(1000000000) return 1 end");
  const auto started = world.start("app:wf");
  ASSERT_EQ(world.processes.delivered.size(), 1U);
  EXPECT_EQ(world.processes.delivered[0].pid, "{app:host|0x00007}");
  EXPECT_EQ(world.processes.delivered[0].message.from, started->pid);
  EXPECT_EQ(first_value(world.processes.delivered[0].message.values), Value(42));
  world.restart();
  world.wait(started->pid);
  EXPECT_EQ(world.processes.delivered.size(), 1U);
}

TEST_F(Commands, TheLastTaskSendsItsMessagesToo) {
  world.programs.add("app:wf", "return function() send('{app:host|0x00007}', 'news', 1) return 1 end");
  world.start("app:wf");
  EXPECT_EQ(world.processes.delivered.size(), 1U);
}

TEST_F(Commands, ANameIsLookedUpOnce) {
  world.processes.names["printer"] = "{app:host|0x00009}";
  world.programs.add(
      "app:wf", "return function() local ok = send('printer', 'job', 1) sleep(1000000000) return ok end");
  const auto started = world.start("app:wf");
  world.processes.names.clear();
  world.restart();
  EXPECT_EQ(shown(world.wait(started->pid)), "true");
  EXPECT_EQ(world.processes.lookups, 1);
}

TEST_F(Commands, AMessageToNobodyFailsTheSameWayOnReplay) {
  world.programs.add(
      "app:wf", "return function() local ok, e = send('nobody', 'x') sleep(1000000000) return e:kind() end");
  const auto started = world.start("app:wf");
  world.processes.names["nobody"] = "{app:host|0x00009}";
  world.restart();
  EXPECT_EQ(shown(world.wait(started->pid)), "\"NotFound\"");
}

TEST_F(Commands, AWorkflowCanWriteToItself) {
  EXPECT_EQ(result_of(world,
                      "local c = listen('me') send('{trivium:workflow_store@trivium:workflow_worker|' .. "
                      "info().workflow_id .. '}', 'me', 'hi') return c:receive()"),
            "\"hi\"");
}

TEST_F(Commands, WorkflowsWriteToEachOther) {
  world.programs.add("app:echo", "return function() local m = listen('ask'):receive() return m .. '!' end");
  world.programs.add(
      "app:wf",
      "return function(to) local ok = send(to, 'ask', 'hi') local no, e = send('{temporal|gone}', 'x') "
      "return {ok, e:kind(), e:message()} end");
  const auto echo = world.start("app:echo");
  const auto started = world.start("app:wf", {echo->pid});
  EXPECT_EQ(shown(world.wait(echo->pid)), "\"hi!\"");
  EXPECT_EQ(shown(world.wait(started->pid)), R"([true,"NotFound","unknown external workflow execution"])");
}

TEST_F(Commands, CancellationIsAnEventAndNothingElse) {
  world.programs.add("app:wf",
                     "return function() local e = events():receive() sleep(1000000000) return {e.kind, "
                     "e.from, e.reason, type(e.at)} end");
  const auto started = world.start("app:wf");
  world.service().request_cancel(started->pid, "too slow", [](const Result<>&) {});
  EXPECT_EQ(shown(world.wait(started->pid)), R"(["pid.cancel","{|topology}","too slow","string"])");
}

// --- children ---------------------------------------------------------------------------------------

TEST_F(Commands, AChildsResultComesBack) {
  world.programs.add("app:child", "return function(n) sleep(1000000000) return n * 2 end");
  EXPECT_EQ(result_of(world,
                      "local a = exec('app:child', 1) local b = execute('app:child', 4) return {a, b, "
                      "(exec_child('app:child', 5))}"),
            "[2,8,10]");
}

TEST_F(Commands, AChildsEndIsAnEvent) {
  world.programs.add("app:child", "return function(n) return n end");
  EXPECT_EQ(result_of(world,
                      "local pid = spawn('app:child', '', 7) local e = events():receive() "
                      "return {e.kind, e.from == pid, e.result.value}"),
            R"(["pid.exit",true,7])");
}

TEST_F(Commands, AFailedChildTellsWhoItWas) {
  world.programs.add("app:child", "return function() return nil, 'broken' end");
  EXPECT_EQ(result_of(world,
                      "local v, e = exec_child('app:child') "
                      "return {e:message(), e:kind(), e:details()._wrapper, e:details()._workflow_type}"),
            R"(["workflow exec failed: broken","Internal","child_workflow","app:child"])");
}

TEST_F(Commands, AChildWithAnIdInUseIsNotStarted) {
  world.programs.add("app:child", "return function() listen('never'):receive() end");
  EXPECT_EQ(
      result_of(world,
                "local a = spawn_with({['workflow.id'] = 'one'}, 'app:child') "
                "local b, e = spawn_with({['workflow.id'] = 'one'}, 'app:child') return {a, e:kind(), "
                "e:message()}"),
      R"(["{trivium:workflow_store@trivium:workflow_worker|one}","AlreadyExists","child workflow execution already started"])");
}

TEST_F(Commands, ChildrenEndWithTheirParentUnlessAbandoned) {
  world.programs.add("app:child", "return function() listen('never'):receive() end");
  world.programs.add(
      "app:wf",
      "return function() spawn_with({['workflow.id'] = 'dies'}, 'app:child') spawn_with({['workflow.id'] = "
      "'stays', ['workflow.parent_close_policy'] = 'abandon'}, 'app:child') return 1 end");
  world.execute("app:wf");
  EXPECT_EQ(shown(world.wait("dies")), "Canceled: workflow terminated");
  EXPECT_EQ(world.describe("stays").run.status, RunStatus::running);
}

// --- names ------------------------------------------------------------------------------------------

constexpr auto every_command_with_a_name =
    "local bad = 'M\\xfcller' "
    "local function told(_, e) return e and e:kind() .. ': ' .. e:message() end "
    "return {told(spawn_with({['workflow.id'] = bad}, 'app:child')), "
    "told(spawn_with({['workflow.task_queue'] = bad}, 'app:child')), "
    "told(spawn('app:' .. bad)), "
    "told(call_with({['activity.id'] = bad}, 'app:f')), "
    "told(call_with({['activity.task_queue'] = bad}, 'app:f')), "
    "told(call('app:' .. bad)), "
    "told(cancel('{trivium:workflow_worker|' .. bad .. '}', '')), "
    "told(upgrade('app:' .. bad)), "
    "info().history_length}";

TEST_F(Commands, NamesThatAStoreCannotKeepNeedNoCommand) {
  world.programs.add("app:child", "return function() end");
  EXPECT_EQ(result_of(world, every_command_with_a_name),
            R"(["Invalid: workflow.id must be UTF-8 text without NUL bytes",)"
            R"("Invalid: the task queue must be UTF-8 text without NUL bytes",)"
            R"("Invalid: the type of the workflow must be UTF-8 text without NUL bytes",)"
            R"("Invalid: activity.id must be UTF-8 text without NUL bytes",)"
            R"("Invalid: activity.task_queue must be UTF-8 text without NUL bytes",)"
            R"("Invalid: the id of the function must be UTF-8 text without NUL bytes",)"
            R"("Invalid: the id of the workflow must be UTF-8 text without NUL bytes",)"
            R"("Invalid: the type of the workflow must be UTF-8 text without NUL bytes",3])");
  EXPECT_EQ(result_of(world,
                      "local _, e = spawn_with({['workflow.id'] = 'a\\0b'}, 'app:child') return e:message()"),
            R"("workflow.id must be UTF-8 text without NUL bytes")");
}

TEST_F(Commands, AMessageIsRefusedForItsTopicAndForWhomItIs) {
  EXPECT_EQ(result_of(world,
                      "local _, a = send('{trivium:workflow_worker|M\\xfcller}', 'go') "
                      "local _, b = send('{trivium:workflow_worker|other}', 'go\\xff') "
                      "return {a:kind(), a:message(), b:kind(), b:message(), info().history_length}"),
            R"(["Invalid","the id of the workflow must be UTF-8 text without NUL bytes",)"
            R"("Invalid","the topic must be UTF-8 text without NUL bytes",3])");
}

TEST_F(Commands, NamesThatAHistoryHasAreGoodWhenItIsReplayed) {
  const auto code = [](const std::string& id) {
    return "return function() spawn_with({['workflow.id'] = 'a" + id + "b'}, 'app:child') return 'done' end";
  };
  world.programs.add("app:child", "return function() end");
  world.programs.add("app:wf", code("-"));
  const auto started = world.start("app:wf");
  for (const auto& [id, written] :
       {std::pair{std::string("a\0b", 3), "\\0"}, std::pair{std::string("a|b"), "|"}}) {
    std::vector<Event> history = world.history(started->pid);
    for (Event& event : history) {
      if (event.type == EventType::child_initiated) event.attributes.set("workflow_id", id);
    }
    world.programs.add("app:wf", code(written));
    EXPECT_EQ(world.replay(history, started->workflow_id, started->run_id), "") << id;
  }
}

TEST_F(Commands, AnIdThatNoPidCouldNameIsRefused) {
  world.programs.add("app:child", "return function() end");
  const std::string refused = R"(workflow.id must not contain '|': no PID could name "order|17")";
  EXPECT_EQ(result_of(world,
                      "local _, e = spawn_with({['workflow.id'] = 'order|17'}, 'app:child') "
                      "return e:kind() .. ': ' .. e:message() == [[Invalid: " +
                          refused + "]]"),
            "true");
  const auto started = world.start("app:child", {}, {{"workflow.id", "order|17"}});
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().kind, kind::invalid);
  EXPECT_EQ(started.error().message, refused);
}

TEST_F(Commands, NamesFromOutsideAreChecked) {
  world.programs.add("app:wf", "return function() listen('go'):receive() end");
  const auto refused = [&](const Object& options) {
    const auto started = world.start("app:wf", {}, options);
    return started ? "started" : started.error().kind + ": " + started.error().message;
  };
  EXPECT_EQ(refused({{"workflow.id", "M\xfcller"}}),
            "Invalid: workflow.id must be UTF-8 text without NUL bytes");
  EXPECT_EQ(refused({{"workflow.task_queue", std::string("a\0b", 3)}}),
            "Invalid: workflow.task_queue must be UTF-8 text without NUL bytes");
  const auto started = world.start("app:wf");
  EXPECT_EQ(world.signal(started->pid, "go\xff").error().message,
            "the topic must be UTF-8 text without NUL bytes");
  EXPECT_EQ(world.signal("M\xfcller", "go").error().kind, kind::invalid);
  EXPECT_EQ(world.wait("M\xfcller").error->kind, kind::invalid);
}

// --- ends -------------------------------------------------------------------------------------------

TEST_F(Commands, ReturnedAndRaisedErrorsFailTheWorkflow) {
  EXPECT_EQ(result_of(world, "return nil, 'text'"), "Internal: text");
  EXPECT_THAT(result_of(world, "error('bad')"), HasSubstr("bad"));
  EXPECT_EQ(result_of(world, "return nil, errors.new({kind = 'NotFound', message = 'gone'})"),
            "NotFound: gone");
  EXPECT_THAT(result_of(world, "return {1, 2, a = 3}"),
              StartsWith("Internal: failed to encode result: cannot encode"));
}

TEST_F(Commands, CodeThatCannotBeLoadedFailsTheWorkflow) {
  world.programs.add("app:broken", "error('at load') return function() end");
  EXPECT_THAT(shown(world.execute("app:broken")), HasSubstr("failed to start workflow: "));
  world.programs.add("app:early", "listen('go'):receive() return function() end");
  EXPECT_THAT(
      shown(world.execute("app:early")),
      HasSubstr("can not yield from outside of a coroutine (a call that waits belongs into the method)"));
}

TEST_F(Commands, UpgradeContinuesAsNew) {
  world.programs.add(
      "app:wf",
      "return function(n) if n == 3 then return {n, info().workflow_id} end upgrade('', n + 1) end");
  const auto started = world.start("app:wf", {0}, Object{{"workflow.id", "chain"}});
  EXPECT_EQ(shown(world.wait(started->pid)), R"([3,"chain"])");
  EXPECT_THAT(outline(world.history(started->pid, started->run_id)),
              HasSubstr("WorkflowExecutionContinuedAsNew"));
}

TEST_F(Commands, MessagesNobodyReceivedGoOnWithTheNextRun) {
  world.programs.add("app:wf",
                     "return function(n) listen('next'):receive() if n == 0 then upgrade('', 1) end "
                     "local c = listen('data') return {c:receive(), c:receive(), (c:receive())} end");
  const auto started = world.start("app:wf", {0}, Object{{"workflow.id", "chain"}});
  world.signal("chain", "data", {"a"});
  world.signal("chain", "data", {"b"});
  world.signal("chain", "next");
  world.signal("chain", "data", {"c"});
  world.signal("chain", "next");
  EXPECT_EQ(shown(world.wait(started->pid)), R"(["a","b","c"])");
}

TEST_F(Commands, WatchersOfAChainHearOfItsEndOnce) {
  world.programs.add(
      "app:wf", "return function(n) sleep(1000000000) if n == 3 then return n end upgrade('', n + 1) end");
  const auto started = world.start("app:wf", {0});
  int told = 0;
  world.service().watch(started->pid, [&](const WorkflowEnd& end) {
    ++told;
    EXPECT_EQ(shown(end), "3");
  });
  world.run_for(std::chrono::hours(1));
  EXPECT_EQ(told, 1);
}

// --- permissions ------------------------------------------------------------------------------------

class OnlyForAna final : public Permissions {
 public:
  bool allows(const FrameRef& frame, std::string_view action, std::string_view resource,
              const Object& attributes) const override {
    if (action.starts_with("process.") && attributes.find("pid") == nullptr) return false;
    return (frame && frame->actor && frame->actor->id == "ana") || resource == "free";
  }
};

TEST_F(Commands, OperationsAreAskedForWithTheContextOfTheStart) {
  const OnlyForAna permissions;
  world.permissions = &permissions;
  world.restart();
  world.programs.add(
      "app:wf",
      "return function() local sent, err = send('{app:host|0x00001}', 'hello') "
      "return {tostring(sent), allowed('funcs.call', 'app:f'), allowed('funcs.call', 'free')} end");
  EXPECT_EQ(shown(world.execute("app:wf")), R"(["nil",false,true])");
  StartRequest request;
  request.id = "app:wf";
  Frame frame;
  frame.actor = Actor{"ana", {}};
  request.frame = std::make_shared<const Frame>(std::move(frame));
  std::optional<WorkflowEnd> end;
  world.service().execute(request, [&](WorkflowEnd ended) { end = std::move(ended); });
  world.run_until([&] { return end.has_value(); });
  EXPECT_EQ(shown(*end), R"(["true",true,true])");
}

}  // namespace
}  // namespace trivium::units::workflows::testing
