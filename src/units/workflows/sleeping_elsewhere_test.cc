// Runs that leave the memory while another task queue carries out what they wait for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "units/workflows/testing/other_queues.h"

namespace trivium::units::workflows::testing {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::HasSubstr;

constexpr size_t owners = 2;

class SleepingElsewhere : public OtherQueues {
 protected:
  explicit SleepingElsewhere(size_t runtimes = 3) : OtherQueues(runtimes) {
    for (size_t node = 0; node < cluster.size(); ++node) {
      ServiceOptions& options = cluster.world(node).options;
      options.cached_instances = 0;
      options.stays_awake = seconds(0);
      options.due_window = 2;
      cluster.restart(node);
    }
    cluster.run_for(minutes(1));
    for (size_t node = 0; node < owners; ++node) {
      cluster.world(node).programs.add("app:told", R"lua(return function(options)
        options['activity.task_queue'] = 'far'
        local go = listen('go')
        local answer = async_with(options, 'app:f', 'argument')
        go:receive()
        go:receive()
        return answer:receive()
      end)lua");
    }
  }

  size_t in_memory() { return cluster.world(0).in_memory() + cluster.world(1).in_memory(); }
  bool until_asleep() {
    return cluster.run_until([&] { return in_memory() == 0; }, minutes(1));
  }
  // A run sleeps while a function of another task queue runs for it.
  void sleep_with(const Object& options, const std::string& id = "app:wf", const std::string& name = "one") {
    const size_t before = infos.size();
    hold();
    start(options, id, name);
    EXPECT_TRUE(until_called(before + 1));
    EXPECT_TRUE(until_asleep());
    cluster.run_for(seconds(2));
    EXPECT_EQ(in_memory(), 0U);
  }
  // The first ones begin again.
  void restart(size_t runtimes) {
    for (size_t node = 0; node < runtimes; ++node) cluster.restart(node);
    end.clear();
    cluster.world(1).service().watch("one", [this](const WorkflowEnd& reached) { end = shown(reached); });
  }
  void go_on() { cluster.world(far).functions.saturate(false); }
  TestFunctions& functions() { return cluster.world(far).functions; }
  Duration now() { return Duration(cluster.now_ns()); }
  void expect_nothing_left() {
    EXPECT_EQ(left_over(), 0U);
    transact([](Tables& tables) { EXPECT_TRUE(tables.due_after({}, 10, nullptr).due.empty()); });
  }
};

TEST_F(SleepingElsewhere, ItsOutcomeBringsTheRunBack) {
  sleep_with({});
  go_on();
  EXPECT_EQ(wait(seconds(10)), "\"argument done\"");
  EXPECT_EQ(infos.size(), 1U);
  expect_nothing_left();
}

TEST_F(SleepingElsewhere, ItLeavesBeforeAnybodyHasTakenIt) {
  cluster.pause(far, 0);
  cluster.run_for(minutes(1));
  start({});
  EXPECT_TRUE(until_asleep());
  cluster.run_for(hours(1));
  EXPECT_EQ(end, "");
  cluster.resume(far);
  EXPECT_EQ(wait(minutes(1)), "\"argument done\"");
  expect_nothing_left();
}

TEST_F(SleepingElsewhere, AFailureIsTriedAgain) {
  int calls = 0;
  serve([&](const Array&) {
    return ++calls == 3 ? lua::Reply::of("third")
                        : lua::Reply::failure(Error::unspecified(kind::internal, "no"));
  });
  sleep_with({{"activity.retry_policy", Object{{"initial_interval", "30s"}}}});
  go_on();
  EXPECT_EQ(wait(minutes(3)), "\"third\"");
  EXPECT_EQ(infos.size(), 3U);
  expect_nothing_left();
}

// --- deaths -------------------------------------------------------------------------------------------

TEST_F(SleepingElsewhere, TheDeathOfItsTakerBringsItBack) {
  sleep_with({});
  cluster.restart(far);
  EXPECT_TRUE(cluster.run_until([&] { return infos.size() == 2; }, minutes(1)));
  go_on();
  EXPECT_EQ(wait(minutes(1)), "\"argument done\"");
}

TEST_F(SleepingElsewhere, OfAllRuntimesToo) {
  sleep_with({{"activity.retry_policy", Object{{"maximum_attempts", 1}}}});
  for (size_t node = 0; node < cluster.size(); ++node) cluster.pause(node, 0);
  cluster.run_for(minutes(1));
  restart(cluster.size());
  EXPECT_THAT(wait(minutes(1)), HasSubstr("start_to_close"));
  EXPECT_EQ(infos.size(), 1U);
  expect_nothing_left();
}

TEST_F(SleepingElsewhere, ItsOwnersSuccessorsHearOfTheOutcome) {
  sleep_with({});
  for (size_t node = 0; node < owners; ++node) cluster.pause(node, 0);
  cluster.run_for(seconds(1));
  go_on();
  cluster.run_for(minutes(1));
  EXPECT_FALSE(attempts().at(0).outcome.empty());
  restart(owners);
  EXPECT_EQ(wait(minutes(1)), "\"argument done\"");
  EXPECT_EQ(infos.size(), 1U);
  expect_nothing_left();
}

TEST_F(SleepingElsewhere, ARestartLoadsNoneOfThem) {
  sleep_with({});
  restart(owners);
  cluster.run_for(minutes(1));
  EXPECT_EQ(in_memory(), 0U);
  go_on();
  EXPECT_EQ(wait(seconds(30)), "\"argument done\"");
  EXPECT_EQ(infos.size(), 1U);
}

// --- limits -------------------------------------------------------------------------------------------

class SleepingLimits : public SleepingElsewhere {
 protected:
  // Whoever has the runs dies in between; they are not loaded again for that.
  void owners_die() {
    restart(owners);
    cluster.run_for(seconds(20));
    EXPECT_EQ(in_memory(), 0U);
  }
  // The clocks of runtimes are a little wrong, and a look takes a moment.
  void expect_end_at(Duration due) {
    EXPECT_TRUE(cluster.run_until([&] { return now() >= due - seconds(1); }, hours(2)));
    EXPECT_EQ(end, "") << "too early";
    (void)wait(minutes(2));
    EXPECT_LE(now(), due + seconds(2));
    expect_nothing_left();
  }
  Object once(const char* limit, const char* time) {
    return {{limit, time}, {"activity.retry_policy", Object{{"maximum_attempts", 1}}}};
  }
};

TEST_F(SleepingLimits, OfTheWaitForAWorker) {
  const Duration begun = now();
  sleep_with({{"activity.schedule_to_start_timeout", "2m"}});
  owners_die();
  expect_end_at(begun + minutes(2));
  EXPECT_THAT(end, HasSubstr("schedule_to_start"));
}

TEST_F(SleepingLimits, OfAllAttempts) {
  const Duration begun = now();
  sleep_with({{"activity.schedule_to_close_timeout", "2m"}});
  owners_die();
  expect_end_at(begun + minutes(2));
  EXPECT_THAT(end, HasSubstr("schedule_to_close"));
}

TEST_F(SleepingLimits, OfAnAttemptSinceItHasBegun) {
  sleep_with(once("activity.start_to_close_timeout", "2m"));
  cluster.run_for(seconds(50));
  functions().last_activity()->began();
  const Duration begun = now();
  owners_die();
  expect_end_at(begun + minutes(2));
  EXPECT_THAT(end, HasSubstr("start_to_close"));
}

TEST_F(SleepingLimits, OfSilenceSinceTheLastSignOfLife) {
  sleep_with(once("activity.heartbeat_timeout", "1m"));
  const auto alive = functions().last_activity();
  alive->began();
  for (int i = 0; i < 5; ++i) {
    EXPECT_FALSE(alive->heartbeat(Value(i)));
    cluster.run_for(seconds(25));
    EXPECT_EQ(in_memory(), 0U);
  }
  EXPECT_FALSE(alive->heartbeat(Value("last")));
  const Duration last = now();
  expect_end_at(last + minutes(1));
  EXPECT_THAT(end, HasSubstr("heartbeat"));
}

// The second attempt has as long as is left of the time for all of them, which is due when it was before.
TEST_F(SleepingLimits, OfAllAttemptsDuringTheSecond) {
  const Duration begun = now();
  sleep_with({{"activity.schedule_to_close_timeout", "3m"}});
  cluster.restart(far);
  EXPECT_TRUE(until_called(2));
  EXPECT_TRUE(until_asleep());
  owners_die();
  expect_end_at(begun + minutes(3));
}

// --- messages -----------------------------------------------------------------------------------------

TEST_F(SleepingElsewhere, AMessageBringsItBackAndItLeavesAgain) {
  sleep_with({{"activity.schedule_to_close_timeout", "10m"}}, "app:told");
  for (int i = 0; i < 2; ++i) {
    signal("one");
    EXPECT_TRUE(until_asleep());
    cluster.run_for(seconds(5));
    EXPECT_EQ(in_memory(), 0U);
  }
  cluster.run_for(minutes(1));
  EXPECT_EQ(end, "");
  go_on();
  EXPECT_EQ(wait(seconds(10)), "\"argument done\"");
  EXPECT_EQ(infos.size(), 1U);
  expect_nothing_left();
}

TEST_F(SleepingElsewhere, ACancellationReachesTheFunction) {
  sleep_with({}, "app:canceling");
  signal("one");
  cluster.run_for(seconds(5));
  go_on();
  EXPECT_EQ(wait(seconds(10)), "\"Canceled\"");
  expect_nothing_left();
}

TEST_F(SleepingElsewhere, ACancelledOneMayStillTakeItsTime) {
  serve([](const Array&) { return lua::Reply::failure(Error::of(kind::canceled, "as you like")); });
  sleep_with({{"activity.heartbeat_timeout", "10m"}}, "app:canceling");
  functions().last_activity()->began();
  EXPECT_FALSE(functions().last_activity()->heartbeat(Value("one")));
  signal("one");
  cluster.run_for(seconds(5));
  EXPECT_EQ(in_memory(), 0U) << "it gives signs of life: it hears of it with the next";
  EXPECT_TRUE(functions().last_activity()->heartbeat(Value("two")));
  restart(owners);
  cluster.run_for(minutes(1));
  EXPECT_EQ(end, "");
  go_on();
  EXPECT_EQ(wait(seconds(30)), "\"Canceled\"");
  EXPECT_EQ(infos.size(), 1U);
  expect_nothing_left();
}

TEST_F(SleepingElsewhere, ACancelledOneThatNobodyHasTakenEndsAtOnce) {
  cluster.pause(far, 0);
  cluster.run_for(minutes(1));
  start({}, "app:canceling");
  EXPECT_TRUE(until_asleep());
  signal("one");
  EXPECT_EQ(wait(seconds(10)), "\"Canceled\"");
  expect_nothing_left();
}

TEST_F(SleepingElsewhere, ItEndsFromOutside) {
  sleep_with({{"activity.schedule_to_close_timeout", "10m"}});
  cluster.world(1).service().terminate("one", "enough", [](const Result<>& done) { EXPECT_TRUE(done); });
  EXPECT_THAT(wait(seconds(10)), HasSubstr("terminated"));
  cluster.run_for(seconds(5));
  expect_nothing_left();
  go_on();
  cluster.run_for(seconds(5));
  EXPECT_EQ(infos.size(), 1U);
}

// --- at every place -----------------------------------------------------------------------------------

class SleepingThroughHarm : public SleepingElsewhere {
 protected:
  SleepingThroughHarm() : SleepingElsewhere(4) { cluster.pause(3, 0); }

  // The run leaves, is told something, leaves again, and hears of the outcome; `harm` after a while.
  std::string outcome(const std::string& name, const std::function<void()>& harm) {
    hold();
    start({{"activity.retry_policy", Object{{"maximum_attempts", 1}}}}, "app:told", name);
    harm();
    cluster.run_for(milliseconds(cluster.chance() % 2000));
    signal(name);
    cluster.run_for(milliseconds(cluster.chance() % 2000));
    const bool first = cluster.chance() % 2 == 0;
    if (first) signal(name);
    go_on();
    cluster.run_for(milliseconds(cluster.chance() % 2000));
    if (!first) signal(name);
    return wait(minutes(3));
  }
};

TEST_F(SleepingThroughHarm, ATransactionIsRefusedOrItsAnswerIsLost) {
  size_t workflows = 0;
  at_every_place(16, [&](const std::string& name, const std::function<void()>& harm) {
    ASSERT_EQ(outcome(name, harm), "\"argument done\"");
    EXPECT_EQ(infos.size(), ++workflows) << "nobody died";
  });
}

TEST_F(SleepingThroughHarm, TheRunsRuntimeStandsStillForLongerThanItsLease) {
  for (uint64_t steps = 0; steps < 60; ++steps) {
    SCOPED_TRACE(steps);
    ASSERT_EQ(outcome("workflow " + std::to_string(steps), [&] { cluster.pause(0, steps); }),
              "\"argument done\"");
    EXPECT_EQ(infos.size(), steps + 1);
    cluster.resume(0);
    cluster.run_for(seconds(20));
  }
}

TEST_F(SleepingThroughHarm, TheRunsRuntimeDies) {
  for (int after = 1; after < 20; ++after) {
    for (const auto how : {TestQueue::Crash::before, TestQueue::Crash::after}) {
      const std::string name =
          "workflow " + std::to_string(after) + (how == TestQueue::Crash::after ? "+" : "-");
      SCOPED_TRACE(name);
      const size_t before = infos.size();
      ASSERT_EQ(outcome(name, [&] { cluster.world(0).queue().crash_at(after, how); }), "\"argument done\"");
      EXPECT_EQ(infos.size(), before + 1);
      cluster.restart(0);
      cluster.run_for(seconds(20));
    }
  }
}

}  // namespace
}  // namespace trivium::units::workflows::testing
