// Runs that leave the memory while they wait, and come back for whatever happens to them.
#include "units/workflows/sleepers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "units/workflows/testing/world.h"

namespace trivium::units::workflows::testing {
namespace {

using ::testing::HasSubstr;

constexpr auto hour = std::chrono::hours(1);

// One instance stays in memory; due times are read two at a time.
void small(ServiceOptions& options) {
  options.cached_instances = 1;
  options.due_window = 2;
}

class Sleeping : public ::testing::Test {
 protected:
  Sleeping() : world(1, small) {
    world.programs.add("app:sleeper", "return function(ns) sleep(ns) return 'slept' end");
    world.programs.add("app:waiter", "return function() return listen('go'):receive() end");
  }

  std::vector<std::string> start(const std::string& id, int count, const Array& arguments = {},
                                 const Object& options = {}) {
    std::vector<std::string> pids;
    for (int i = 0; i < count; ++i) {
      const Result<StartedWorkflow> started = world.start(id, arguments, options);
      EXPECT_TRUE(started);
      pids.push_back(started->pid);
    }
    return pids;
  }
  RunStatus status(const std::string& pid) { return world.describe(pid).run.status; }

  World world;
};

TEST_F(Sleeping, MemoryHoldsThoseThatAreCachedAndNoMore) {
  start("app:sleeper", 10, {Value(std::chrono::nanoseconds(hour).count())});
  start("app:waiter", 10);
  const Service::Counts counts = world.service().counts();
  EXPECT_EQ(counts.runs, 1U);
  EXPECT_EQ(counts.instances, 1U);
  EXPECT_LE(counts.due, 4U);
  world.restart();
  world.settle();
  EXPECT_EQ(world.in_memory(), 0U);
  EXPECT_LE(world.service().counts().due, 4U);
}

TEST_F(Sleeping, TimersFireInTimeWhereverTheRunIs) {
  std::vector<std::string> pids;
  for (int i = 9; i >= 0; --i) {
    pids.push_back(start("app:sleeper", 1, {Value(std::chrono::nanoseconds(hour).count() * (i + 1))})[0]);
  }
  for (int i = 0; i < 10; ++i) {
    if (i == 5) {
      world.restart();
      world.settle();
    }
    const std::string& next = pids[static_cast<size_t>(9 - i)];
    EXPECT_EQ(status(next), RunStatus::running);
    EXPECT_EQ(shown(world.wait(next)), "\"slept\"");
    const std::vector<Event> history = world.history(next);
    int64_t due_ns = 0;
    for (const Event& event : history) {
      if (event.type == EventType::timer_started) {
        due_ns = event.time_ns + integer_at(event.attributes, "start_to_fire_timeout");
      }
      if (event.type == EventType::timer_fired) {
        EXPECT_GE(event.time_ns, due_ns);
        EXPECT_LE(event.time_ns, due_ns + 1000000);
      }
    }
  }
}

TEST_F(Sleeping, ManyMayBeDueAtOneTime) {
  world.programs.add("app:begins", "return function() return 'begun' end");
  const std::vector<std::string> pids =
      start("app:begins", 20, {}, Object{{"workflow.cron_schedule", "0 0 * * *"}});
  EXPECT_EQ(world.in_memory(), 0U);
  world.run_for(std::chrono::hours(25));
  for (const std::string& pid : pids) {
    const RunRow run = world.describe(pid).run;
    EXPECT_NE(run.run_id, run.first_run_id) << "its first run is over";
  }
}

TEST_F(Sleeping, AMessageBringsARunBack) {
  const std::vector<std::string> pids = start("app:waiter", 5);
  for (const std::string& pid : pids) EXPECT_TRUE(world.signal(pid, "go", {7}));
  for (const std::string& pid : pids) EXPECT_EQ(shown(world.wait(pid)), "7");
}

TEST_F(Sleeping, SoDoesACancellation) {
  const std::string pid = start("app:sleeper", 2, {Value(std::chrono::nanoseconds(hour).count())})[0];
  EXPECT_EQ(world.in_memory(), 1U);
  world.service().request_cancel(pid, "enough", [](const Result<>& done) { EXPECT_TRUE(done); });
  world.settle();
  EXPECT_THAT(outline(world.history(pid)), HasSubstr("WorkflowExecutionCancelRequested"));
  EXPECT_EQ(world.describe(pid).waiting_events, 0U);
}

TEST_F(Sleeping, ATerminationEndsItWhereItIs) {
  const std::vector<std::string> pids =
      start("app:sleeper", 3, {Value(std::chrono::nanoseconds(hour).count())});
  world.service().terminate(pids[0], "", [](const Result<>& done) { EXPECT_TRUE(done); });
  world.settle();
  EXPECT_EQ(status(pids[0]), RunStatus::terminated);
  world.run_for(hour * 2);
  EXPECT_EQ(status(pids[1]), RunStatus::completed);
}

TEST_F(Sleeping, ItsTimeEndsWhileItSleeps) {
  const std::string pid = start("app:waiter", 1, {}, Object{{"workflow.execution_timeout", "1h"}})[0];
  start("app:waiter", 2);
  EXPECT_EQ(world.in_memory(), 1U);
  world.run_for(std::chrono::minutes(59));
  EXPECT_EQ(status(pid), RunStatus::running);
  world.run_for(std::chrono::minutes(2));
  EXPECT_EQ(status(pid), RunStatus::timed_out);
}

TEST_F(Sleeping, AParentHearsOfItsChild) {
  world.programs.add("app:parent", "return function(ns) return exec('app:sleeper', ns) end");
  const std::vector<std::string> pids =
      start("app:parent", 4, {Value(std::chrono::nanoseconds(hour).count())});
  EXPECT_EQ(world.in_memory(), 1U);
  for (const std::string& pid : pids) EXPECT_EQ(shown(world.wait(pid)), "\"slept\"");
}

TEST_F(Sleeping, AnActivityKeepsItsRunInMemory) {
  int calls = 0;
  world.functions.add("app:step", [&](const Array&) { return lua::Reply::of(++calls); });
  world.programs.add("app:steps", "return function() return call('app:step') end");
  Result<StartedWorkflow> started = fail(kind::internal, "no answer");
  StartRequest request;
  request.id = "app:steps";
  world.service().start(request, [&](Result<StartedWorkflow> done) { started = std::move(done); });
  while (world.step_without_activities()) {
  }
  ASSERT_TRUE(started);
  const std::string pid = started->pid;
  world.programs.add("app:quick", "return function() listen('go'):receive() end");
  for (int i = 0; i < 3; ++i) {
    StartRequest other;
    other.id = "app:quick";
    world.service().start(other, [](const Result<StartedWorkflow>& done) { EXPECT_TRUE(done); });
    while (world.step_without_activities()) {
    }
  }
  EXPECT_EQ(world.in_memory(), 2U);
  EXPECT_EQ(shown(world.wait(pid)), "1");
}

// The first attempts fail, the next one is due an hour later.
class SleepingRetries : public Sleeping {
 protected:
  SleepingRetries() {
    world.functions.add("app:step", [this](const Array&) {
      const int64_t attempt = integer_at(world.functions.last_activity()->info(), "attempt");
      attempts.push_back(attempt);
      if (attempt < succeeds_at) return lua::Reply::failure(Error::unspecified(kind::internal, "not yet"));
      return lua::Reply::of(attempt);
    });
    world.programs.add("app:tries", "return function() return call('app:step') end");
  }
  // Its first attempt has failed, and another run takes its place in memory.
  std::string start_and_leave(int64_t most_attempts = 0) {
    world.functions.set_options("app:step",
                                {{"activity.retry_policy", Object{{"initial_interval", "1h"},
                                                                  {"maximum_interval", "1h"},
                                                                  {"maximum_attempts", most_attempts}}}});
    std::string pid = start("app:tries", 1)[0];
    start("app:waiter", 1);
    return pid;
  }

  int64_t succeeds_at = 2;
  std::vector<int64_t> attempts;
};

using Attempts = std::vector<int64_t>;

TEST_F(SleepingRetries, ARunLeavesUntilTheNextAttempt) {
  const std::string pid = start_and_leave();
  EXPECT_EQ(world.in_memory(), 1U);
  world.run_for(std::chrono::minutes(59));
  EXPECT_EQ(world.in_memory(), 1U);
  EXPECT_EQ(attempts, Attempts{1});
  world.run_for(std::chrono::minutes(2));
  EXPECT_EQ(attempts, (Attempts{1, 2})) << "what nobody began is not counted";
  EXPECT_EQ(shown(world.wait(pid)), "2");
}

TEST_F(SleepingRetries, ItLeavesAgainWhenThatFailsToo) {
  succeeds_at = 4;
  const std::string pid = start_and_leave();
  world.run_for(std::chrono::minutes(61));
  start("app:waiter", 1);
  EXPECT_EQ(world.in_memory(), 1U);
  EXPECT_EQ(shown(world.wait(pid)), "4");
  EXPECT_EQ(attempts, (Attempts{1, 2, 3, 4}));
}

TEST_F(SleepingRetries, ARestartLoadsNoneOfThem) {
  const std::string pid = start_and_leave();
  world.restart();
  world.settle();
  EXPECT_EQ(world.in_memory(), 0U);
  world.run_for(std::chrono::minutes(59));
  EXPECT_EQ(attempts, Attempts{1});
  EXPECT_EQ(shown(world.wait(pid)), "2");
}

TEST_F(SleepingRetries, WhatWasDueWhileNobodyWasThereIsTriedAtOnceAndAllowedAsOftenAsEver) {
  const std::string pid = start_and_leave(2);
  world.queue().crash_at(1, TestQueue::Crash::before);
  world.timers().advance(std::chrono::hours(3));
  world.restart();
  world.settle();
  EXPECT_EQ(status(pid), RunStatus::completed);
  EXPECT_EQ(attempts, (Attempts{1, 2}));
}

TEST_F(SleepingRetries, AnAttemptThatHasBegunCounts) {
  const std::string pid = start_and_leave(5);
  world.timers().advance(std::chrono::minutes(61));
  while (world.step_without_activities()) {
  }
  EXPECT_EQ(world.functions.waiting(), 1U) << "it has begun";
  world.restart();
  EXPECT_EQ(shown(world.wait(pid)), "3");
  EXPECT_EQ(attempts, (Attempts{1, 3}));
}

TEST_F(SleepingRetries, AMessageBringsItBackAndTheAttemptStillWaits) {
  world.programs.add("app:tries",
                     "return function() local go = listen('go') return call('app:step') + go:receive() end");
  const std::string pid = start_and_leave();
  EXPECT_TRUE(world.signal(pid, "go", {40}));
  start("app:waiter", 1);
  EXPECT_EQ(world.in_memory(), 1U);
  EXPECT_EQ(attempts, Attempts{1});
  EXPECT_EQ(shown(world.wait(pid)), "42");
}

TEST_F(SleepingRetries, AnEarlierTimerBringsItBackInTime) {
  world.programs.add("app:tries", R"lua(return function()
      local slow = async('app:step')
      sleep(1800000000000)
      call('app:quick')
      return slow:receive()
    end)lua");
  world.functions.add("app:quick", [](const Array&) { return lua::Reply::of(Value()); });
  const std::string pid = start_and_leave();
  EXPECT_EQ(world.in_memory(), 1U);
  for (int minute = 0; minute < 31; ++minute) {
    world.timers().advance(std::chrono::minutes(1));
    world.settle();
  }
  EXPECT_THAT(outline(world.history(pid)), HasSubstr("TimerFired"));
  EXPECT_EQ(attempts, Attempts{1});
  start("app:waiter", 1);
  EXPECT_EQ(world.in_memory(), 1U);
  EXPECT_EQ(shown(world.wait(pid)), "2");
}

TEST_F(SleepingRetries, ItIsOverWhenItsRunIs) {
  const std::string pid = start_and_leave();
  world.service().terminate(pid, "", [](const Result<>& done) { EXPECT_TRUE(done); });
  world.run_for(hour * 2);
  EXPECT_EQ(status(pid), RunStatus::terminated);
  EXPECT_EQ(attempts, Attempts{1});
  EXPECT_EQ(world.service().counts().due, 0U);
}

TEST_F(SleepingRetries, AParkedRunStaysForItsAttempts) {
  world.programs.add("app:tries", R"lua(return function()
      local slow = async('app:step')
      listen('go'):receive()
      return slow:receive()
    end)lua");
  world.programs.set_policy("app:tries", CodePolicy::latest);
  const std::string pid = start_and_leave();
  world.programs.add("app:tries", "return function() sleep(1) end");
  world.programs.set_policy("app:tries", CodePolicy::latest);
  EXPECT_TRUE(world.signal(pid, "go", {1}));
  EXPECT_NE(world.describe(pid).run.parked, "");
  world.run_for(std::chrono::minutes(61));
  EXPECT_EQ(attempts, (Attempts{1, 2}));
}

TEST_F(SleepingRetries, AShortWaitIsSpentInMemory) {
  world.functions.set_options("app:step", {{"activity.retry_policy", Object{{"initial_interval", "4s"}}}});
  const std::string pid = start("app:tries", 1)[0];
  start("app:waiter", 1);
  EXPECT_EQ(world.in_memory(), 2U);
  EXPECT_EQ(shown(world.wait(pid)), "2");
}

TEST_F(Sleeping, AParkedRunIsTriedAgainOnRequestOnly) {
  world.programs.add("app:changes", "return function() sleep(3600000000000) return 'old' end");
  const std::string pid = start("app:changes", 1)[0];
  world.programs.set_policy("app:changes", CodePolicy::latest);
  world.programs.add("app:changes", "return function() listen('x'):receive() sleep(1) return 'new' end");
  world.programs.set_policy("app:changes", CodePolicy::latest);
  world.restart();
  world.run_for(std::chrono::hours(2));
  EXPECT_THAT(world.describe(pid).run.parked, HasSubstr("TimerStarted"));
  EXPECT_EQ(world.in_memory(), 0U);
  EXPECT_TRUE(world.signal(pid, "x", {1}));
  EXPECT_EQ(world.in_memory(), 0U);
  EXPECT_EQ(world.describe(pid).waiting_events, 1U);
  world.programs.add("app:changes", "return function() sleep(3600000000000) return 'again' end");
  world.service().retry_parked();
  EXPECT_EQ(shown(world.wait(pid)), "\"again\"");
}

TEST_F(Sleeping, WhatWasDueWhileNobodyWasThereIsDoneAtOnce) {
  const std::vector<std::string> pids =
      start("app:sleeper", 20, {Value(std::chrono::nanoseconds(hour).count())});
  world.queue().crash_at(1, TestQueue::Crash::before);
  world.timers().advance(std::chrono::hours(3));
  world.restart();
  world.settle();
  for (const std::string& pid : pids) EXPECT_EQ(status(pid), RunStatus::completed);
}

TEST_F(Sleeping, OfManyThatAreDueAFewAreInMemory) {
  const std::vector<std::string> pids =
      start("app:sleeper", 400, {Value(std::chrono::nanoseconds(hour).count())});
  world.options.due_window = 1000;
  world.options.wakes_at_once = 8;
  world.queue().crash_at(1, TestQueue::Crash::before);
  world.timers().advance(std::chrono::hours(3));
  world.restart();
  size_t most = 0;
  while (world.step_without_activities()) most = std::max(most, world.in_memory());
  // One batch of a hundred that is read at once, those before it, and the one that is cached.
  EXPECT_GT(most, 8U);
  EXPECT_LE(most, 8U + 100U + 1U);
  for (const std::string& pid : pids) EXPECT_EQ(status(pid), RunStatus::completed);
}

TEST_F(Sleeping, ClocksThatAreSetMakeNothingEarlyAndNothingLateForLong) {
  const std::vector<std::string> pids =
      start("app:sleeper", 3, {Value(std::chrono::nanoseconds(hour).count())});
  world.timers().step_wall(-hour);
  world.run_for(std::chrono::minutes(90));
  EXPECT_EQ(status(pids[0]), RunStatus::running);
  world.timers().step_wall(hour);
  world.run_for(std::chrono::minutes(2));
  EXPECT_EQ(status(pids[0]), RunStatus::completed);
}

TEST_F(Sleeping, AStoreThatCannotBeReadIsReadAgain) {
  const std::vector<std::string> pids = start("app:waiter", 4);
  const std::vector<std::string> sleepers =
      start("app:sleeper", 6, {Value(std::chrono::nanoseconds(hour).count())});
  world.run_for(std::chrono::minutes(59));
  Result<> sent = fail(kind::internal, "");
  world.service().signal(pids[0], {"go", "", encode_values({Value(7)})},
                         [&](Result<> done) { sent = std::move(done); });
  EXPECT_TRUE(world.queue().pump());
  EXPECT_TRUE(sent);
  world.queue().refuse(4);
  world.run_for(std::chrono::seconds(10));
  EXPECT_EQ(status(pids[0]), RunStatus::completed);
  world.queue().refuse(8);
  world.run_for(std::chrono::minutes(5));
  for (const std::string& pid : sleepers) EXPECT_EQ(status(pid), RunStatus::completed);
}

}  // namespace
}  // namespace trivium::units::workflows::testing
