// Activities for other task queues: what may happen to one. sharing_simulation_test.cc is for all of it
// together.
#include "units/workflows/queue_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "core/json.h"
#include "units/workflows/testing/cluster.h"

namespace trivium::units::workflows::testing {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::HasSubstr;

// Two runtimes serve the queue of the workflows, the third one the queue "far".
class OtherQueues : public ::testing::Test {
 protected:
  static constexpr size_t far = 2;

  OtherQueues() : cluster(1, 3, [](ServiceOptions& options) { options.lease = seconds(5); }) {
    for (size_t node = 0; node < cluster.size(); ++node) {
      World& world = cluster.world(node);
      world.programs.add("app:wf", R"lua(return function(options)
        options['activity.task_queue'] = 'far'
        local v, e = call_with(options, 'app:f', 'argument')
        if e then return {e:kind(), e:message(), e:details().timeout_type or '', e:details()._retry_state} end
        return v
      end)lua");
      world.programs.add("app:canceling", R"lua(return function(options)
        options['activity.task_queue'] = 'far'
        local go = listen('go')
        local answer, call = async_with(options, 'app:f', 'argument')
        go:receive()
        cancel_call(call)
        return answer:receive():kind()
      end)lua");
      if (node == far) world.options.task_queue = "far";
      cluster.restart(node);
    }
    serve([](const Array& arguments) { return lua::Reply::of(arguments[0].as_string() + " done"); });
    cluster.run_for(minutes(1));  // nobody has the first queue of the third one any more
  }

  void serve(TestFunctions::Body body) {
    TestFunctions& functions = cluster.world(far).functions;
    functions.on_call([this](const Object& info) { infos.push_back(info); });
    functions.add("app:f", std::move(body));
  }
  void start(Object options, const std::string& id = "app:wf") {
    StartRequest request;
    request.id = id;
    request.name = "one";
    request.arguments = encode_values(Array{Value(std::move(options))});
    bool started = false;
    cluster.world(0).service().start(
        request, [&](const Result<StartedWorkflow>& done) { started = done.has_value(); });
    EXPECT_TRUE(cluster.run_until([&] { return started; }, minutes(1)));
    cluster.world(0).service().watch("one", [this](const WorkflowEnd& reached) { end = shown(reached); });
  }
  std::string wait(Duration limit = minutes(30)) {
    EXPECT_TRUE(cluster.run_until([&] { return !end.empty(); }, limit));
    return end;
  }
  bool until_called(size_t times = 1) {
    return cluster.run_until([&] { return infos.size() >= times; }, minutes(10));
  }
  // No call ends from now on.
  void hold() { cluster.world(far).functions.saturate(true); }
  std::vector<AttemptRow> attempts() {
    std::vector<AttemptRow> rows;
    const auto session = cluster.database().connect();
    Job job{[&](Tables& tables) -> Result<> {
              std::vector<std::string> ids;
              for (const RunRow& run : tables.list_runs({}, 100, 0)) ids.push_back(run.run_id);
              rows = tables.shared()->attempts(ids);
              return {};
            },
            [](const Result<>&) {}};
    session->run({&job, 1});
    return rows;
  }
  size_t left_over() { return attempts().size(); }

  Cluster cluster;
  std::vector<Object> infos;
  std::string end;
};

TEST_F(OtherQueues, AreServedByWhoeverHasThemAndTheResultComesBack) {
  start({{"activity.id", "a"}, {"activity.heartbeat_timeout", "10s"}});
  EXPECT_EQ(wait(), "\"argument done\"");
  ASSERT_EQ(infos.size(), 1U);
  EXPECT_EQ(text_at(infos[0], "workflow_id"), "one");
  EXPECT_EQ(text_at(infos[0], "workflow_type"), "app:wf");
  EXPECT_EQ(text_at(infos[0], "activity_id"), "a");
  EXPECT_EQ(text_at(infos[0], "task_queue"), "far");
  EXPECT_EQ(integer_at(infos[0], "attempt"), 1);
  EXPECT_NE(infos[0].find("deadline"), nullptr);
  EXPECT_NE(infos[0].find("heartbeat_timeout"), nullptr);
  EXPECT_EQ(left_over(), 0U);
}

TEST_F(OtherQueues, AFailureIsTriedAgainByTheWorkflowsPolicyWithWhatTheLastHeartbeatTold) {
  int calls = 0;
  serve([&](const Array&) {
    if (++calls == 3) return lua::Reply::of("third");
    EXPECT_FALSE(
        cluster.world(far).functions.last_activity()->heartbeat(Value("at " + std::to_string(calls))));
    return lua::Reply::failure(Error::unspecified(kind::internal, "not yet"));
  });
  start({});
  EXPECT_EQ(wait(), "\"third\"");
  ASSERT_EQ(infos.size(), 3U);
  EXPECT_EQ(infos[0].find("heartbeat_details"), nullptr);
  EXPECT_EQ(text_at(infos[1], "heartbeat_details"), "at 1");
  EXPECT_EQ(text_at(infos[2], "heartbeat_details"), "at 2");
  EXPECT_EQ(integer_at(infos[2], "attempt"), 3);
}

TEST_F(OtherQueues, AFinalFailureIsTheWorkflows) {
  serve([](const Array&) { return lua::Reply::failure(Error::of(kind::not_found, "no such thing")); });
  start({});
  EXPECT_THAT(wait(), HasSubstr("no such thing"));
  EXPECT_EQ(left_over(), 0U);
}

TEST_F(OtherQueues, AFunctionThatTheyDoNotHaveFailsAsAtHome) {
  cluster.world(far).functions.remove("app:f");
  start({{"activity.retry_policy", Object{{"maximum_attempts", 1}}}});
  EXPECT_THAT(wait(), HasSubstr("unable to find activityType=app:f"));
}

TEST_F(OtherQueues, ThatNobodyServesAreWaitedForUntilSomebodyComes) {
  cluster.pause(far, 0);
  cluster.run_for(minutes(1));
  start({});
  cluster.run_for(minutes(30));
  EXPECT_EQ(end, "");
  EXPECT_EQ(left_over(), 1U);
  cluster.resume(far);
  EXPECT_EQ(wait(), "\"argument done\"");
}

TEST_F(OtherQueues, TheWaitForOneMayBeLimited) {
  hold();
  start({{"activity.schedule_to_start_timeout", "10s"}});
  EXPECT_THAT(wait(minutes(1)), HasSubstr("schedule_to_start"))
      << "all workers of the function's pool are busy";
  EXPECT_EQ(left_over(), 0U);
}

TEST_F(OtherQueues, AllAttemptsTogetherMayBeLimited) {
  serve([](const Array&) { return lua::Reply::failure(Error::unspecified(kind::internal, "never")); });
  start({{"activity.schedule_to_close_timeout", "10s"}});
  EXPECT_THAT(wait(minutes(1)), HasSubstr("never"));
  EXPECT_LE(infos.size(), 4U);
}

TEST_F(OtherQueues, AnAttemptThatTakesTooLongIsCalledOffAndTriedAgain) {
  TestFunctions& functions = cluster.world(far).functions;
  hold();
  start({{"activity.start_to_close_timeout", "20s"}});
  EXPECT_TRUE(until_called());
  cluster.run_for(minutes(5));
  EXPECT_EQ(infos.size(), 1U) << "it waits for a worker of its function's pool: its time has not begun";
  functions.last_activity()->began();
  EXPECT_TRUE(until_called(2));
  functions.saturate(false);
  EXPECT_EQ(wait(), "\"argument done\"");
}

TEST_F(OtherQueues, OneThatGivesNoSignsOfLifeAnyMoreIsTriedAgain) {
  TestFunctions& functions = cluster.world(far).functions;
  hold();
  start({{"activity.heartbeat_timeout", "10s"}});
  EXPECT_TRUE(until_called());
  const auto alive = functions.last_activity();
  alive->began();
  for (int i = 0; i < 12; ++i) {
    EXPECT_FALSE(alive->heartbeat(Value(i)));
    cluster.run_for(seconds(4));
  }
  EXPECT_EQ(infos.size(), 1U);
  EXPECT_TRUE(until_called(2));
  EXPECT_GE(integer_at(infos[1], "heartbeat_details"), 9);
  functions.saturate(false);
  EXPECT_EQ(wait(), "\"argument done\"");
}

class Cancellation : public OtherQueues {
 protected:
  void cancel() {
    cluster.world(1).service().signal("one", {"go", "", encode_values({Value(1)})}, [](const Result<>&) {});
    cluster.run_for(seconds(5));
  }
};

TEST_F(Cancellation, ReachesTheFunction) {
  hold();
  start({}, "app:canceling");
  EXPECT_TRUE(until_called());
  cluster.world(far).functions.last_activity()->began();
  cancel();
  EXPECT_EQ(end, "") << "it has not ended";
  cluster.world(far).functions.saturate(false);
  EXPECT_EQ(wait(), "\"Canceled\"");
  EXPECT_EQ(left_over(), 0U);
}

TEST_F(Cancellation, IsHeardByTheNextSignOfLifeOfAFunctionThatGivesThem) {
  hold();
  start({{"activity.heartbeat_timeout", "30s"}}, "app:canceling");
  EXPECT_TRUE(until_called());
  const auto activity = cluster.world(far).functions.last_activity();
  activity->began();
  EXPECT_FALSE(activity->heartbeat(Value("alive")));
  cluster.run_for(seconds(5));
  cancel();
  const std::optional<Error> answer = activity->heartbeat(Value("alive"));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->kind, kind::canceled);
}

TEST_F(Cancellation, OfOneThatNobodyHasBegunEndsItAtOnce) {
  cluster.pause(far, 0);
  cluster.run_for(minutes(1));
  start({}, "app:canceling");
  cancel();
  EXPECT_EQ(wait(minutes(1)), "\"Canceled\"");
  EXPECT_EQ(left_over(), 0U);
  cluster.resume(far);
  cluster.run_for(minutes(1));
  EXPECT_TRUE(infos.empty());
}

TEST_F(OtherQueues, AWorkflowThatEndsTakesItsActivitiesAlong) {
  hold();
  start({});
  EXPECT_TRUE(until_called());
  bool terminated = false;
  cluster.world(1).service().terminate("one", "",
                                       [&](const Result<>& done) { terminated = done.has_value(); });
  EXPECT_TRUE(cluster.run_until([&] { return terminated; }, minutes(1)));
  EXPECT_EQ(left_over(), 0U);
  cluster.run_for(seconds(5));
  cluster.world(far).functions.saturate(false);
  cluster.world(far).functions.add("app:f", [](const Array&) {
    ADD_FAILURE() << "nobody waits for it";
    return lua::Reply::of(1);
  });
  cluster.run_for(seconds(5));
}

// --- deaths -------------------------------------------------------------------------------------------

TEST_F(OtherQueues, ATakerThatDiesIsNoticedLongBeforeTheTimeOfTheAttemptIsOver) {
  hold();
  start({});
  EXPECT_TRUE(until_called());
  cluster.restart(far);
  EXPECT_TRUE(until_called(2));
  EXPECT_EQ(integer_at(infos[1], "attempt"), 2);
  cluster.world(far).functions.saturate(false);
  EXPECT_EQ(wait(minutes(1)), "\"argument done\"");
}

TEST_F(OtherQueues, ATakerThatDiesDoesNotRepeatTheOnlyAttempt) {
  hold();
  start({{"activity.retry_policy", Object{{"maximum_attempts", 1}}}});
  EXPECT_TRUE(until_called());
  cluster.restart(far);
  EXPECT_THAT(wait(minutes(1)), HasSubstr("start_to_close"));
  EXPECT_EQ(infos.size(), 1U);
}

TEST_F(OtherQueues, ATakerThatStopsInGoodOrderGivesBackWhatItHasNotBegun) {
  World& server = cluster.world(far);
  server.options.most_activities = 1;
  cluster.restart(far);
  hold();
  start({});
  EXPECT_TRUE(until_called());
  cluster.restart(far, true);
  EXPECT_TRUE(until_called(2));
  server.functions.saturate(false);
  EXPECT_EQ(wait(minutes(1)), "\"argument done\"");
}

TEST_F(OtherQueues, ADeadOwnersSuccessorGoesOnWithTheAttemptThatRuns) {
  hold();
  start({{"activity.retry_policy", Object{{"maximum_attempts", 1}}}});
  EXPECT_TRUE(until_called());
  cluster.pause(0, 0);
  cluster.world(1).service().watch("one", [this](const WorkflowEnd& reached) { end = shown(reached); });
  cluster.run_for(minutes(1));
  cluster.world(far).functions.saturate(false);
  EXPECT_EQ(wait(minutes(1)), "\"argument done\"");
  EXPECT_EQ(infos.size(), 1U);
}

TEST_F(OtherQueues, AnOutcomeThatNobodyWasThereToHearIsFound) {
  hold();
  start({{"activity.retry_policy", Object{{"maximum_attempts", 1}}}});
  EXPECT_TRUE(until_called());
  for (const size_t node : {0U, 1U}) cluster.pause(node, 0);
  cluster.run_for(minutes(1));
  cluster.world(far).functions.saturate(false);
  cluster.run_for(minutes(1));
  EXPECT_EQ(left_over(), 1U);
  cluster.world(1).service().watch("one", [this](const WorkflowEnd& reached) { end = shown(reached); });
  cluster.resume(1);
  EXPECT_EQ(wait(minutes(1)), "\"argument done\"");
}

TEST_F(OtherQueues, NoMoreAreTakenThanCanRun) {
  World& server = cluster.world(far);
  server.options.most_activities = 2;
  cluster.restart(far);
  for (size_t node = 0; node < cluster.size(); ++node) {
    cluster.world(node).programs.add("app:many", R"lua(return function()
      local channels, sum = {}, 0
      for i = 1, 12 do channels[i] = async_with({['activity.task_queue'] = 'far'}, 'app:f', 'n') end
      for i = 1, 12 do if channels[i]:receive() == 'n done' then sum = sum + 1 end end
      return sum
    end)lua");
    cluster.restart(node);
  }
  cluster.run_for(minutes(1));
  hold();
  start({}, "app:many");
  cluster.run_for(minutes(1));
  EXPECT_EQ(infos.size(), 2U);
  const std::vector<AttemptRow> rows = attempts();
  EXPECT_EQ(rows.size(), 12U);
  const auto taken = [](const AttemptRow& row) { return !row.taker.empty(); };
  EXPECT_EQ(std::count_if(rows.begin(), rows.end(), taken), 2) << "the others are for other servers";
  server.functions.saturate(false);
  EXPECT_EQ(wait(minutes(1)), "12");
  EXPECT_EQ(infos.size(), 12U);
}

}  // namespace
}  // namespace trivium::units::workflows::testing
