// Activities for other task queues. What goes wrong is in queue_troubles_test.cc, and
// sharing_simulation_test.cc is for all of it together.
#include "units/workflows/queue_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "units/workflows/testing/other_queues.h"

namespace trivium::units::workflows::testing {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::HasSubstr;

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
    signal("one");
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

}  // namespace
}  // namespace trivium::units::workflows::testing
