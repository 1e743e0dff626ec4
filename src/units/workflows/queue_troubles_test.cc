// Activities for other task queues when something goes wrong: who dies, stands still, or gets no answer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "units/workflows/testing/other_queues.h"

namespace trivium::units::workflows::testing {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::HasSubstr;

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

TEST_F(OtherQueues, AnAttemptIsForgottenWithTheTransactionThatRecordsItsEnd) {
  start({}, "app:later");
  signal("one");
  EXPECT_TRUE(until_called());
  EXPECT_EQ(left_over(), 1U);
  EXPECT_TRUE(cluster.run_until([&] { return left_over() == 0; }, minutes(1)));
  EXPECT_THAT(outline(cluster.world(0).history("one")), HasSubstr("ActivityTaskCompleted"));
  signal("one");
  EXPECT_EQ(wait(), "\"argument done\"");
}

TEST_F(OtherQueues, ANextAttemptThatIsFarAwayIsWaitedForByWhoeverHasTheRunThen) {
  for (const size_t node : {0U, 1U}) {
    cluster.world(node).options.cached_instances = 0;
    cluster.restart(node);
  }
  cluster.run_for(minutes(1));
  serve([this](const Array&) {
    if (infos.size() > 1) return lua::Reply::of("second");
    return lua::Reply::failure(Error::unspecified(kind::internal, "not yet"));
  });
  start({{"activity.retry_policy", Object{{"initial_interval", "60s"}}}}, "app:later");
  signal("one");
  EXPECT_TRUE(until_called());
  cluster.run_for(seconds(10));
  EXPECT_EQ(cluster.world(0).in_memory(), 0U);
  EXPECT_EQ(left_over(), 0U);
  cluster.pause(0, 0);
  cluster.run_for(seconds(20));
  signal("one");  // brings it back before its time
  cluster.run_for(seconds(10));
  EXPECT_EQ(infos.size(), 1U);
  hold();
  EXPECT_TRUE(until_called(2));
  cluster.run_for(seconds(2));
  transact([this](Tables& tables) {  // it sleeps again, until a limit may be over
    const std::vector<Due> due = tables.due_after({}, 10, nullptr).due;
    ASSERT_EQ(due.size(), 1U);
    EXPECT_GT(due[0].due_ns, cluster.now_ns()) << "that of the attempt has come";
  });
  cluster.world(far).functions.saturate(false);
  EXPECT_EQ(wait(minutes(1)), "\"second\"");
}

// --- one thing goes wrong, at every place -------------------------------------------------------------

class OneThingGoesWrong : public OtherQueues {
 protected:
  OneThingGoesWrong() : OtherQueues(4) {}

  // The outcome of a workflow after whose first message `harm` was done.
  std::string outcome(const std::string& name, const std::string& id, Object options,
                      const std::function<void()>& harm) {
    start(std::move(options), id, name);
    cluster.run_for(std::chrono::milliseconds(cluster.chance() % 1000));
    harm();
    signal(name);
    if (id == "app:later") signal(name);
    return wait(minutes(3));
  }
  void expect_no_call_twice() {
    std::set<std::string> calls;
    for (const Object& info : infos) {
      const std::string call = std::string(text_at(info, "run_id")) +
                               std::string(text_at(info, "activity_id")) + "/" +
                               std::to_string(integer_at(info, "attempt"));
      EXPECT_TRUE(calls.insert(call).second) << call;
    }
  }
};

TEST_F(OneThingGoesWrong, ATransactionIsRefusedOrItsAnswerIsLost) {
  cluster.pause(3, 0);
  size_t workflows = 0;
  at_every_place(12, [&](const std::string& name, const std::function<void()>& harm) {
    ASSERT_EQ(outcome(name, "app:later", {}, harm), "\"argument done\"");
    EXPECT_EQ(infos.size(), ++workflows) << "nobody died";
  });
}

TEST_F(OneThingGoesWrong, WhileOneIsCancelled) {
  cluster.pause(3, 0);
  at_every_place(12, [&](const std::string& name, const std::function<void()>& harm) {
    hold();
    start({}, "app:canceling", name);
    harm();
    signal(name);
    cluster.run_for(seconds(3));
    cluster.world(far).functions.saturate(false);
    ASSERT_EQ(wait(minutes(3)), "\"Canceled\"");
  });
}

TEST_F(OneThingGoesWrong, ATakerStandsStillForLongerThanItsLease) {
  for (uint64_t steps = 0; steps < 40; ++steps) {
    SCOPED_TRACE(steps);
    const std::string name = "workflow " + std::to_string(steps);
    start({}, "app:later", name);
    cluster.pause(far + 1, 0);
    cluster.run_for(seconds(2));
    cluster.pause(far, steps);
    for (int i = 0; i < 2; ++i) signal(name);
    cluster.resume(far + 1);
    EXPECT_EQ(wait(minutes(3)), "\"argument done\"");
    cluster.resume(far);
    cluster.run_for(seconds(20));
  }
  expect_no_call_twice();
  EXPECT_GT(infos.size(), 40U) << "some attempts were cut short";
}

TEST_F(OneThingGoesWrong, TheRunsRuntimeStandsStillForLongerThanItsLease) {
  for (uint64_t steps = 0; steps < 60; ++steps) {
    SCOPED_TRACE(steps);
    const std::string result = outcome("workflow " + std::to_string(steps), "app:later",
                                       {{"activity.retry_policy", Object{{"maximum_attempts", 1}}}},
                                       [&] { cluster.pause(0, steps); });
    EXPECT_EQ(result, "\"argument done\"");
    EXPECT_EQ(infos.size(), steps + 1);
    cluster.resume(0);
    cluster.run_for(seconds(20));
  }
  expect_no_call_twice();
}

}  // namespace
}  // namespace trivium::units::workflows::testing
