// Ids in use, timeouts, retries, cancellation and what happens between two events.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "units/workflows/testing/world.h"

namespace trivium::units::workflows::testing {
namespace {

using ::testing::HasSubstr;

class Policies : public ::testing::Test {
 protected:
  void SetUp() override {
    world.programs.add("app:wait", "return function() return listen('go'):receive() end");
  }
  std::string error(const Result<StartedWorkflow>& started) {
    return started ? "started" : started.error().kind + ": " + started.error().message;
  }
  World world;
};

// --- ids --------------------------------------------------------------------------------------------

TEST_F(Policies, GeneratedIdsCountUp) {
  const auto first = world.start("app:wait");
  const auto second = world.start("app:wait");
  EXPECT_THAT(first->workflow_id, HasSubstr("_0x00001"));
  EXPECT_THAT(second->workflow_id, HasSubstr("_0x00002"));
  EXPECT_EQ(first->pid, "{trivium:workflow_store@trivium:workflow_worker|" + first->workflow_id + "}");
}

TEST_F(Policies, AGivenIdThatRunsIsUsed) {
  const auto first = world.start("app:wait", {}, Object{{"workflow.id", "one"}});
  const auto second = world.start("app:wait", {}, Object{{"temporal.workflow.id", "one"}});
  ASSERT_TRUE(second);
  EXPECT_FALSE(second->fresh);
  EXPECT_EQ(second->run_id, first->run_id);
}

TEST_F(Policies, FailSaysWhoRuns) {
  const auto first = world.start("app:wait", {}, Object{{"workflow.id", "one"}});
  EXPECT_EQ(
      error(world.start("app:wait", {},
                        Object{{"workflow.id", "one"}, {"workflow.id_conflict_policy", "FAIL"}})),
      "AlreadyExists: Workflow execution is already running. WorkflowId: one, RunId: " + first->run_id + ".");
}

TEST_F(Policies, TerminateExistingMakesRoom) {
  const auto first = world.start("app:wait", {}, Object{{"workflow.id", "one"}});
  const auto second = world.start(
      "app:wait", {}, Object{{"workflow.id", "one"}, {"workflow.id_conflict_policy", "terminate-existing"}});
  EXPECT_TRUE(second->fresh);
  EXPECT_THAT(outline(world.history("one", first->run_id)), HasSubstr("WorkflowExecutionTerminated"));
}

TEST_F(Policies, ReuseMayBeForbidden) {
  world.start("app:wait", {}, Object{{"workflow.id", "one"}});
  world.signal("one", "go", {1});
  const Object options{{"workflow.id", "one"},
                       {"workflow.id_reuse_policy", "allow_duplicate_failed_only"},
                       {"workflow.execution_error_when_already_started", true}};
  EXPECT_THAT(error(world.start("app:wait", {}, options)),
              HasSubstr("AlreadyExists: Workflow execution already finished"));
  Object lenient = options;
  lenient.set("workflow.execution_error_when_already_started", false);
  EXPECT_FALSE(world.start("app:wait", {}, lenient)->fresh);
}

TEST_F(Policies, MessagesForAWorkflowThatMayNotRunAgainAreNotLostInSilence) {
  world.start("app:wait", {}, Object{{"workflow.id", "one"}});
  world.signal("one", "go", {1});
  StartRequest request;
  request.id = "app:wait";
  request.options = Object{{"workflow.id", "one"}, {"workflow.id_reuse_policy", "reject_duplicate"}};
  request.messages = {{"go", "", encode_values({Value("late")})}};
  std::string why;
  world.service().start(std::move(request), [&](Result<StartedWorkflow> started) { why = error(started); });
  world.settle();
  EXPECT_THAT(why, HasSubstr("AlreadyExists: Workflow execution already finished"));
}

TEST_F(Policies, UnknownWorkflowsAndWrongOptionsAreRefused) {
  EXPECT_EQ(error(world.start("app:none")), "NotFound: workflow app:none not found");
  EXPECT_EQ(error(world.start("app:wait", {}, Object{{"workflow.run_timeout", true}})),
            "Invalid: workflow.run_timeout must be a duration, got boolean");
  EXPECT_EQ(error(world.start("app:wait", {}, Object{{"workflow.id_conflict_policy", "maybe"}})),
            "Invalid: workflow.id_conflict_policy has no value \"maybe\"");
  EXPECT_EQ(error(world.start("app:wait", {}, Object{{"workflow.id_conflict_policy", 99}})),
            "Invalid: workflow.id_conflict_policy has no value 99");
}

TEST_F(Policies, StartupMessagesComeFirst) {
  StartRequest request;
  request.id = "app:wait";
  request.messages = {{"go", "{app:host|0x00001}", encode_values({Value("first")})}};
  std::string pid;
  world.service().start(std::move(request), [&](Result<StartedWorkflow> started) { pid = started->pid; });
  world.settle();
  EXPECT_EQ(shown(world.wait(pid)), "\"first\"");
}

// --- messages ---------------------------------------------------------------------------------------

TEST_F(Policies, AMessageToAnEndedOrUnknownWorkflowIsNotFound) {
  world.start("app:wait", {}, Object{{"workflow.id", "one"}});
  EXPECT_TRUE(world.signal("one", "go"));
  EXPECT_EQ(world.signal("one", "go").error().message, "workflow execution already completed");
  EXPECT_EQ(world.signal("two", "go").error().message, "workflow not found for ID: two");
}

TEST_F(Policies, ARepeatedRequestIsOneMessage) {
  world.programs.add(
      "app:two",
      "return function() local c = listen('n') local a = c:receive() return {a, (c:receive())} end");
  const auto started = world.start("app:two");
  const auto send = [&](int value, const char* request) {
    world.service().signal(
        started->pid, {"n", "", encode_values({Value(value)})}, [](const Result<>&) {}, request);
    world.settle();
  };
  send(1, "a");
  send(1, "a");
  send(2, "b");
  EXPECT_EQ(shown(world.wait(started->pid)), "[1,2]");
}

TEST_F(Policies, AMessageThatCommitsBeforeTheEndIsSeen) {
  world.functions.add("app:f", [](const Array&) { return lua::Reply::of(1); });
  world.programs.add("app:wf",
                     "return function() call('app:f') local c = listen('n') "
                     "return channel.select({c:case_receive(), default = true}).value or 'none' end");
  StartRequest request;
  request.id = "app:wf";
  request.name = "one";
  world.service().start(std::move(request), [](const Result<StartedWorkflow>&) {});
  world.run_until([&] { return world.functions.waiting() == 1; });
  // The message is written in the same transaction, before the task that would end the run.
  bool acknowledged = false;
  world.service().signal("one", {"n", "", encode_values({Value("seen")})},
                         [&](const Result<>& done) { acknowledged = done.has_value(); });
  world.functions.run_one([](size_t) { return 0; });
  world.settle();
  EXPECT_TRUE(acknowledged);
  EXPECT_EQ(shown(world.wait("one")), "\"seen\"");
}

TEST_F(Policies, SignalsOfTheRuntimesOwnTopicsAreDropped) {
  const auto started = world.start("app:wait");
  EXPECT_TRUE(world.signal(started->pid, "@pid/events", {1}));
  EXPECT_TRUE(world.signal(started->pid, "go", {2}));
  EXPECT_EQ(shown(world.wait(started->pid)), "2");
}

// --- ends from outside ------------------------------------------------------------------------------

TEST_F(Policies, TerminationRunsNoCode) {
  const auto started = world.start("app:wait");
  world.service().terminate(started->pid, "enough", [](const Result<>&) {});
  EXPECT_EQ(shown(world.wait(started->pid)), "Canceled: workflow terminated");
}

TEST_F(Policies, ARunHasItsTime) {
  world.start("app:wait", {}, Object{{"workflow.id", "one"}, {"workflow.run_timeout", "5s"}});
  EXPECT_EQ(shown(world.wait("one")), "Timeout: Workflow timeout");
}

TEST_F(Policies, AFailedRunIsTriedAgainUnderItsPolicy) {
  int runs = 0;
  world.functions.add("app:count", [&](const Array&) { return lua::Reply::of(++runs); });
  world.programs.add(
      "app:wf",
      "return function() if call('app:count') < 3 then error('again') end return info().attempt end");
  world.start("app:wf", {},
              Object{{"workflow.id", "one"}, {"workflow.retry_policy", Object{{"initial_interval", "10s"}}}});
  EXPECT_EQ(shown(world.wait("one")), "3");
  EXPECT_EQ(runs, 3);
}

TEST_F(Policies, AStartMayBeDelayed) {
  world.programs.add("app:wf", "return function() return os.time() end");
  const int64_t now = world.timers().clock().wall_ns() / 1000000000;
  world.start("app:wf", {}, Object{{"workflow.id", "one"}, {"workflow.start_delay", "1h"}});
  EXPECT_EQ(world.history("one").size(), 1U);
  world.restart();
  EXPECT_EQ(shown(world.wait("one")), std::to_string(now + 3600));
}

// --- activities -------------------------------------------------------------------------------------

TEST_F(Policies, AnAttemptThatTakesTooLongIsTriedAgain) {
  world.programs.add("app:wf",
                     "return function() return call_with({['activity.start_to_close_timeout'] = '10s', "
                     "['activity.schedule_to_close_timeout'] = '25s'}, 'app:f') end");
  world.functions.add("app:f", [](const Array&) { return lua::Reply::of(1); });
  StartRequest request;
  request.id = "app:wf";
  request.name = "one";
  world.service().start(std::move(request), [](const Result<StartedWorkflow>&) {});
  world.run_until([&] { return world.functions.waiting() == 1; });
  world.timers().advance(std::chrono::seconds(11));  // the first attempt never answers in time
  world.run_until([&] { return world.functions.waiting() == 2; });
  EXPECT_EQ(shown(world.wait("one")), "1");
}

TEST_F(Policies, AllAttemptsTogetherHaveTheirTime) {
  world.functions.add("app:f", [](const Array&) {
    return lua::Reply::failure(Error::unspecified(kind::internal, "still broken"));
  });
  world.programs.add(
      "app:wf",
      "return function() local v, e = call_with({['activity.schedule_to_close_timeout'] = '25s'}, "
      "'app:f') return {e:message(), e:details()._retry_state} end");
  EXPECT_EQ(shown(world.execute("app:wf")), R"(["still broken","Timeout"])");
}

TEST_F(Policies, ACancelledCallStopsTheFunction) {
  world.functions.add("app:f", [](const Array&) { return lua::Reply::of(1); });
  world.programs.add("app:wf",
                     "return function() local c, op = async('app:f') local go = listen('go') go:receive() "
                     "cancel_call(op) go:receive() return 'over' end");
  StartRequest request;
  request.id = "app:wf";
  request.name = "one";
  world.service().start(std::move(request), [](const Result<StartedWorkflow>&) {});
  world.run_until([&] { return world.functions.waiting() == 1; });
  world.service().signal("one", {"go", "", {}}, [](const Result<>&) {});
  while (world.step_without_activities()) {
  }
  world.settle();  // the function ends, cancelled
  world.signal("one", "go");
  EXPECT_EQ(shown(world.wait("one")), "\"over\"");
  EXPECT_THAT(outline(world.history("one")), HasSubstr("ActivityTaskCancelRequested"));
  EXPECT_THAT(outline(world.history("one")), HasSubstr("ActivityTaskCanceled"));
}

TEST_F(Policies, ALongHistoryIsReadInPages) {
  world.programs.add(
      "app:wf",
      "return function() for i = 1, 1200 do sleep(1000) end listen('go'):receive() return 'read' end");
  const auto started = world.start("app:wf");
  world.run_for(std::chrono::minutes(1));
  world.restart();
  EXPECT_TRUE(world.signal(started->pid, "go"));
  EXPECT_EQ(shown(world.wait(started->pid)), "\"read\"");
}

TEST_F(Policies, AHistoryMayNotGrowForever) {
  world.options.max_events = 50;
  world.restart();
  world.programs.add("app:wf", "return function() while true do sleep(1000) end end");
  EXPECT_THAT(shown(world.execute("app:wf")),
              HasSubstr("Internal: the workflow's history reached its limit of 50 events"));
}

TEST_F(Policies, AValueMayNotBeTooLarge) {
  EXPECT_EQ(error(world.start("app:wait", {Value(std::string(3 << 20, 'x'))})),
            "Invalid: a payload of 3145730 bytes is larger than the limit of 2097152");
}

TEST_F(Policies, EndedRunsAreForgottenAfterAWhile) {
  world.options.sweep_interval = std::chrono::hours(1);
  world.restart();
  world.start("app:wait", {}, Object{{"workflow.id", "one"}});
  world.signal("one", "go");
  world.run_for(std::chrono::hours(24 * 6));
  EXPECT_FALSE(world.history("one").empty());
  world.run_for(std::chrono::hours(26));
  EXPECT_TRUE(world.history("one").empty());
}

TEST_F(Policies, EndedRunsGoAFewAtATime) {
  world.options.sweep_interval = std::chrono::hours(1);
  world.options.retention = std::chrono::hours(1);
  world.restart();
  for (int i = 0; i < 250; ++i) {
    const std::string id = "wf" + std::to_string(i);
    world.start("app:wait", {}, Object{{"workflow.id", id}});
    world.signal(id, "go");
  }
  world.start("app:wait", {}, Object{{"workflow.id", "open"}});
  const auto ended = [&] {
    size_t count = 0;
    world.service().list(RunStatus::completed, 1000,
                         [&](const Result<std::vector<RunRow>>& runs) { count = runs->size(); });
    world.queue().pump();
    return count;
  };
  EXPECT_EQ(ended(), 250U);
  // Each count shares its transaction with at most one batch.
  world.timers().advance(std::chrono::hours(3));
  size_t before = 250;
  for (int i = 0; i < 10 && before > 0; ++i) {
    const size_t now = ended();
    EXPECT_LE(before - now, 100U);
    before = now;
  }
  EXPECT_EQ(before, 0U);
  EXPECT_FALSE(world.history("open").empty());
}

// --- storage ----------------------------------------------------------------------------------------

TEST_F(Policies, AFullDiskMakesWorkflowsWaitAndLosesNothing) {
  int calls = 0;
  world.functions.add("app:f", [&](const Array&) {
    ++calls;
    return lua::Reply::of(std::string(200000, 'x'));
  });
  world.programs.add("app:wf", "return function() local s = call('app:f') return #s + #call('app:f') end");
  StartRequest request;
  request.id = "app:wf";
  request.name = "one";
  world.service().start(std::move(request), [](const Result<StartedWorkflow>&) {});
  world.run_until([&] { return world.functions.waiting() == 1; });
  world.store().limit_pages(30);
  world.run_for(std::chrono::minutes(1));
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(world.signal("one", "x", {std::string(500000, 'x')}).error().kind, kind::unavailable);
  world.store().limit_pages(1 << 20);
  EXPECT_EQ(shown(world.wait("one")), "400000");
  EXPECT_EQ(calls, 2);
}

// --- memory -----------------------------------------------------------------------------------------

TEST(Cache, RunsThatHadToLeaveMemoryComeBack) {
  World world;
  world.options.cached_instances = 1;
  world.restart();
  world.functions.add("app:f", [](const Array& arguments) { return lua::Reply::of(arguments[0]); });
  world.programs.add(
      "app:wf",
      "return function(n) local s = 0 for i = 1, 5 do s = s + call('app:f', n) sleep(1000) end return s end");
  for (int i = 0; i < 10; ++i) world.start("app:wf", {i}, Object{{"workflow.id", "wf" + std::to_string(i)}});
  world.run_for(std::chrono::hours(1));
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(shown(world.wait("wf" + std::to_string(i))), std::to_string(i * 5));
  }
}

}  // namespace
}  // namespace trivium::units::workflows::testing
