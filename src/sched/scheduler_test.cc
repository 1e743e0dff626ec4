#include "sched/scheduler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <latch>
#include <random>
#include <thread>
#include <vector>

#include "sched/test_runnable.h"

namespace trivium::sched {
namespace {

ThreadedScheduler::Options workers(size_t count) { return {.workers = count}; }

TEST(ThreadedScheduler, UsesEveryCpuByDefault) {
  ThreadedScheduler scheduler;
  EXPECT_GE(scheduler.worker_count(), 1U);
}

TEST(ThreadedScheduler, RunsWhatWasWokenBeforeStart) {
  ThreadedScheduler scheduler(workers(2));
  std::latch ran(1);
  auto runnable = make_runnable([&](Runnable&) {
    ran.count_down();
    return Outcome::done;
  });
  scheduler.wake(*runnable);
  scheduler.start();
  ran.wait();
}

TEST(ThreadedScheduler, TellsWorkersFromOtherThreads) {
  ThreadedScheduler scheduler(workers(1));
  ThreadedScheduler other(workers(1));
  std::latch ran(1);
  bool here = false;
  bool there = true;
  auto runnable = make_runnable([&](Runnable&) {
    here = scheduler.on_worker();
    there = other.on_worker();
    ran.count_down();
    return Outcome::done;
  });
  scheduler.start();
  scheduler.wake(*runnable);
  ran.wait();
  EXPECT_TRUE(here);
  EXPECT_FALSE(there);
  EXPECT_FALSE(scheduler.on_worker());
}

TEST(ThreadedScheduler, AWakeDuringTheRunMakesItRunOnceMore) {
  ThreadedScheduler scheduler(workers(1));
  std::latch ran(2);
  std::atomic<int> runs{0};
  auto runnable = make_runnable([&](Runnable& self) {
    if (++runs == 1) {
      scheduler.wake(self);
      scheduler.wake(self);
    }
    ran.count_down();
    return Outcome::idle;
  });
  scheduler.start();
  scheduler.wake(*runnable);
  ran.wait();
  scheduler.stop();
  EXPECT_EQ(runs, 2);
}

TEST(ThreadedScheduler, DoneIsFinalEvenIfNotified) {
  ThreadedScheduler scheduler(workers(1));
  std::latch second_ran(1);
  std::atomic<int> runs{0};
  auto first = make_runnable([&](Runnable& self) {
    ++runs;
    scheduler.wake(self);
    return Outcome::done;
  });
  auto second = make_runnable([&](Runnable&) {
    scheduler.wake(*first);
    second_ran.count_down();
    return Outcome::done;
  });
  scheduler.start();
  scheduler.wake(*first);
  scheduler.wake(*second);
  second_ran.wait();
  scheduler.stop();
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(first->state(), RunState::State::done);
}

TEST(ThreadedScheduler, AgainQueuesBehindTheOthers) {
  ThreadedScheduler scheduler(workers(1));
  std::string order;
  std::latch ran(1);
  auto b = make_runnable([&](Runnable&) {
    order += 'b';
    return Outcome::done;
  });
  int turns = 0;
  auto a = make_runnable([&](Runnable&) {
    order += 'a';
    if (++turns == 1) scheduler.wake(*b);
    if (turns < 3) return Outcome::again;
    ran.count_down();
    return Outcome::done;
  });
  scheduler.start();
  scheduler.wake(*a);
  ran.wait();
  scheduler.stop();
  EXPECT_EQ(order, "abaa");
}

TEST(ThreadedScheduler, TheLastOneWokenRunsNextAndTheOthersInOrder) {
  ThreadedScheduler scheduler(workers(1));
  std::string order;
  std::latch ran(1);
  std::vector<Ref<FunctionRunnable>> woken;
  for (char name : {'b', 'c', 'd'}) {
    woken.push_back(make_runnable([&order, &ran, name](Runnable&) {
      order += name;
      if (name == 'c') ran.count_down();
      return Outcome::done;
    }));
  }
  auto waker = make_runnable([&](Runnable&) {
    for (auto& runnable : woken) scheduler.wake(*runnable);
    return Outcome::done;
  });
  scheduler.start();
  scheduler.wake(*waker);
  ran.wait();
  scheduler.stop();
  EXPECT_EQ(order, "dbc");
}

// Two that wake each other for ever use the hand-off slot alone; a third must get its turn all the same.
TEST(ThreadedScheduler, TheHandOffSlotDoesNotStarveTheQueue) {
  ThreadedScheduler scheduler(workers(1));
  std::latch ran(1);
  std::atomic<bool> stop{false};
  Ref<FunctionRunnable> ping;
  Ref<FunctionRunnable> pong;
  auto third = make_runnable([&](Runnable&) {
    stop = true;
    ran.count_down();
    return Outcome::done;
  });
  bool third_woken = false;
  ping = make_runnable([&](Runnable&) {
    if (!third_woken) {
      third_woken = true;
      scheduler.wake(*third);
    }
    if (!stop) scheduler.wake(*pong);
    return Outcome::idle;
  });
  pong = make_runnable([&](Runnable&) {
    scheduler.wake(*ping);
    return Outcome::idle;
  });
  scheduler.start();
  scheduler.wake(*ping);
  ran.wait();
}

// They are not interrupted after every word either: a millisecond is theirs, which is a number of exchanges.
TEST(ThreadedScheduler, TwoThatTalkHaveSomeTimeBeforeOthers) {
  ThreadedScheduler scheduler(workers(1));
  std::latch ran(1);
  std::atomic<bool> stop{false};
  int exchanges = -1;
  Ref<FunctionRunnable> ping;
  Ref<FunctionRunnable> pong;
  auto third = make_runnable([&](Runnable&) {
    stop = true;
    ran.count_down();
    return Outcome::done;
  });
  ping = make_runnable([&](Runnable&) {
    if (++exchanges == 0) scheduler.wake(*third);
    if (!stop) scheduler.wake(*pong);
    return Outcome::idle;
  });
  pong = make_runnable([&](Runnable&) {
    scheduler.wake(*ping);
    return Outcome::idle;
  });
  scheduler.start();
  scheduler.wake(*ping);
  ran.wait();
  scheduler.stop();
  EXPECT_GE(exchanges, 10);  // two looks at the clock come after sixteen turns each
}

// The same with a wake from outside, which arrives in the inbox.
TEST(ThreadedScheduler, BusyWorkersLookAtTheirInboxes) {
  ThreadedScheduler scheduler(workers(2));
  std::atomic<bool> stop{false};
  std::vector<Ref<FunctionRunnable>> busy;
  for (int i = 0; i < 2; ++i) {
    busy.push_back(make_runnable([&](Runnable&) { return stop ? Outcome::done : Outcome::again; }));
  }
  scheduler.start();
  for (auto& runnable : busy) scheduler.wake(*runnable);
  for (int i = 0; i < 100; ++i) {
    std::latch ran(1);
    auto runnable = make_runnable([&](Runnable&) {
      ran.count_down();
      return Outcome::done;
    });
    scheduler.wake(*runnable);
    ran.wait();
  }
  stop = true;
}

TEST(ThreadedScheduler, MoreThanAQueueHoldsIsRunToo) {
  constexpr int count = 5000;
  ThreadedScheduler scheduler(workers(2));
  std::latch ran(count);
  std::vector<Ref<FunctionRunnable>> many;
  for (int i = 0; i < count; ++i) {
    many.push_back(make_runnable([&](Runnable&) {
      ran.count_down();
      return Outcome::done;
    }));
  }
  auto waker = make_runnable([&](Runnable&) {
    for (auto& runnable : many) scheduler.wake(*runnable);
    return Outcome::done;
  });
  scheduler.start();
  scheduler.wake(*waker);
  ran.wait();
}

// What waits behind a run() that does not end must be run by the other worker, the slot included.
class Fetched final : public Runnable {
 public:
  explicit Fetched(std::latch& done) : done_(done) {}
  Outcome run() override {
    at_run = asked;
    done_.count_down();
    return Outcome::done;
  }
  void fetch_ahead(size_t turns) noexcept override { asked.push_back(turns); }

  std::vector<size_t> asked;
  std::vector<size_t> at_run;

 private:
  std::latch& done_;
};

TEST(ThreadedScheduler, ThoseInTheQueueAreAskedForTheirMemoryAheadOfTheirTurn) {
  constexpr int count = 100;
  ThreadedScheduler scheduler(workers(1));
  std::latch done(count);
  std::vector<Ref<Fetched>> all;
  for (int i = 0; i < count; ++i) all.push_back(make_ref<Fetched>(done));
  // Woken on the worker itself: into its own queue.
  auto waker = make_runnable([&](Runnable&) {
    for (const auto& runnable : all) scheduler.wake(*runnable);
    return Outcome::done;
  });
  scheduler.start();
  scheduler.wake(*waker);
  done.wait();
  scheduler.stop();
  const std::vector<size_t> in_time{3, 2, 1};
  const auto was_in_time = [&](const auto& runnable) { return runnable->at_run == in_time; };
  EXPECT_GT(std::count_if(all.begin(), all.end(), was_in_time), count / 2);
  for (const auto& runnable : all) EXPECT_EQ(runnable->asked, runnable->at_run);
}

TEST(ThreadedScheduler, OthersTakeOverFromAWorkerThatIsStuck) {
  ThreadedScheduler scheduler({.workers = 2, .slice = std::chrono::milliseconds(4)});
  std::latch ran(2);
  std::vector<Ref<FunctionRunnable>> waiting;
  for (int i = 0; i < 2; ++i) {
    waiting.push_back(make_runnable([&](Runnable&) {
      ran.count_down();
      return Outcome::done;
    }));
  }
  auto stuck = make_runnable([&](Runnable&) {
    for (auto& runnable : waiting) scheduler.wake(*runnable);
    ran.wait();
    return Outcome::done;
  });
  scheduler.start();
  scheduler.wake(*stuck);
  ran.wait();
  EXPECT_GE(scheduler.stats().steals, 1U);
}

class Spinner final : public Runnable {
 public:
  explicit Spinner(std::latch& done) : done_(done) {}
  Outcome run() override {
    int64_t preempted = 0;
    while ((preempted = preempted_.exchange(0)) == 0) {
    }
    slices_ += preempted;
    if (slices_ < 3) return Outcome::again;
    done_.count_down();
    return Outcome::done;
  }
  void preempt() noexcept override { preempted_.fetch_add(1); }

 private:
  std::latch& done_;
  int64_t slices_ = 0;
  std::atomic<int64_t> preempted_{0};
};

TEST(ThreadedScheduler, PreemptsARunThatIsLongerThanTheSlice) {
  if (!preempts_by_signal) GTEST_SKIP() << "no signals under this sanitizer";
  ThreadedScheduler scheduler({.workers = 1, .slice = std::chrono::milliseconds(1)});
  std::latch done(2);
  auto a = make_ref<Spinner>(done);
  auto b = make_ref<Spinner>(done);
  scheduler.start();
  scheduler.wake(*a);
  scheduler.wake(*b);
  done.wait();
  EXPECT_GE(scheduler.stats().preemptions, 6U);
}

TEST(ThreadedScheduler, StopPreemptsWhatStillRuns) {
  if (!preempts_by_signal) GTEST_SKIP() << "no signals under this sanitizer";
  ThreadedScheduler scheduler({.workers = 1, .slice = std::chrono::milliseconds(1)});
  std::latch never(1);
  auto spinner = make_ref<Spinner>(never);
  scheduler.start();
  scheduler.wake(*spinner);
  while (spinner->state() != RunState::State::running) std::this_thread::yield();
  scheduler.stop();
}

TEST(ThreadedScheduler, StopReleasesWhatIsQueuedWithoutRunningIt) {
  std::atomic<int> alive{0};
  std::atomic<int> runs{0};
  {
    ThreadedScheduler scheduler(workers(2));
    auto lane = make_ref<Lane>(scheduler, 0);
    for (int i = 0; i < 100; ++i) {
      auto queued = make_runnable(
          [&](Runnable&) {
            ++runs;
            return Outcome::done;
          },
          i % 2 == 0 ? lane : nullptr, &alive);
      scheduler.wake(*queued);
    }
    EXPECT_EQ(alive, 100);
    scheduler.stop();
    EXPECT_EQ(alive, 0);
    auto late = make_runnable(
        [&](Runnable&) {
          ++runs;
          return Outcome::done;
        },
        nullptr, &alive);
    scheduler.wake(*late);
  }
  EXPECT_EQ(alive, 0);
  EXPECT_EQ(runs, 0);
}

TEST(ThreadedScheduler, RunnablesMayOutliveTheScheduler) {
  Ref<FunctionRunnable> runnable;
  {
    ThreadedScheduler scheduler(workers(1));
    runnable = make_runnable([](Runnable&) { return Outcome::idle; }, make_ref<Lane>(scheduler, 0));
    scheduler.start();
    scheduler.wake(*runnable);
  }
  runnable.reset();
}

TEST(ManualScheduler, TheSeedDecidesTheOrder) {
  const auto order_of = [](uint64_t seed) {
    ManualScheduler scheduler(seed);
    std::string order;
    std::vector<Ref<FunctionRunnable>> all;
    for (char name = 'a'; name < 'k'; ++name) {
      all.push_back(make_runnable([&order, name, turns = 0](Runnable&) mutable {
        order += name;
        return ++turns < 3 ? Outcome::again : Outcome::done;
      }));
      scheduler.wake(*all.back());
    }
    EXPECT_EQ(scheduler.run_until_idle(), 30U);
    return order;
  };
  EXPECT_EQ(order_of(7), order_of(7));
  EXPECT_NE(order_of(7), order_of(8));
}

TEST(ManualScheduler, RunsOneAtATimeAndStopsWhenTold) {
  ManualScheduler scheduler(1);
  int runs = 0;
  auto runnable = make_runnable([&](Runnable&) {
    EXPECT_TRUE(scheduler.on_worker());
    ++runs;
    return Outcome::again;
  });
  EXPECT_FALSE(scheduler.run_one());
  scheduler.wake(*runnable);
  scheduler.wake(*runnable);
  EXPECT_EQ(scheduler.ready(), 1U);
  EXPECT_EQ(scheduler.run_until_idle(5), 5U);
  EXPECT_EQ(runs, 5);
  EXPECT_FALSE(scheduler.on_worker());
  scheduler.stop();
  EXPECT_EQ(scheduler.ready(), 0U);
  EXPECT_FALSE(scheduler.run_one());
}

}  // namespace
}  // namespace trivium::sched
