// One run inside another on the same worker.
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <vector>

#include "sched/scheduler.h"
#include "sched/test_runnable.h"

namespace trivium::sched {
namespace {

class RunInside : public ::testing::Test {
 protected:
  RunInside() { scheduler_.start(); }

  // Runs `body` on a worker, and waits for it.
  void on_worker(const FunctionRunnable::Function& body) {
    std::latch ran(1);
    auto outer = make_runnable([&](Runnable& self) {
      const Outcome outcome = body(self);
      ran.count_down();
      return outcome;
    });
    scheduler_.wake(*outer);
    ran.wait();
  }

  ThreadedScheduler scheduler_{ThreadedScheduler::Options{.workers = 1}};
};

TEST_F(RunInside, IsOverWhenItReturns) {
  int runs = 0;
  std::atomic<int> alive{0};
  on_worker([&](Runnable&) {
    auto inner = make_runnable(
        [&](Runnable&) {
          ++runs;
          return Outcome::done;
        },
        nullptr, &alive);
    EXPECT_TRUE(scheduler_.run_inside(*inner));
    EXPECT_EQ(runs, 1);
    EXPECT_FALSE(scheduler_.run_inside(*inner)) << "it is done";
    return Outcome::done;
  });
  EXPECT_EQ(alive, 0);
}

TEST_F(RunInside, WhatIsLeftOfItIsQueued) {
  std::latch again(2);
  std::atomic<int> inner_runs{0};
  auto inner = make_runnable([&](Runnable&) {
    again.count_down();
    return ++inner_runs == 1 ? Outcome::again : Outcome::idle;
  });
  on_worker([&](Runnable&) {
    EXPECT_TRUE(scheduler_.run_inside(*inner));
    EXPECT_EQ(inner_runs, 1);
    return Outcome::done;
  });
  again.wait();
}

TEST_F(RunInside, AWakeMeanwhileMakesItRunAgain) {
  std::latch twice(2);
  auto inner = make_runnable([&](Runnable& self) {
    scheduler_.wake(self);
    twice.count_down();
    return twice.try_wait() ? Outcome::done : Outcome::idle;
  });
  on_worker([&](Runnable&) {
    EXPECT_TRUE(scheduler_.run_inside(*inner));
    return Outcome::done;
  });
  twice.wait();
}

TEST_F(RunInside, IsRefusedWhereNobodyRuns) {
  auto inner = make_runnable([](Runnable&) { return Outcome::done; });
  EXPECT_FALSE(scheduler_.run_inside(*inner)) << "this is no worker";
  EXPECT_EQ(inner->state(), RunState::State::idle);
  on_worker([&](Runnable& self) {
    EXPECT_FALSE(scheduler_.run_inside(self)) << "it is running";
    return Outcome::done;
  });
}

TEST_F(RunInside, GoesSoDeepAndNoDeeper) {
  std::vector<Ref<FunctionRunnable>> levels;
  size_t reached = 0;
  for (size_t i = 0; i < 10; ++i) {
    levels.push_back(make_runnable([&, i](Runnable&) {
      reached = i + 1;
      if (i + 1 < levels.size() && !scheduler_.run_inside(*levels[i + 1])) {
        EXPECT_EQ(levels[i + 1]->state(), RunState::State::idle) << "left as it was";
      }
      return Outcome::done;
    }));
  }
  on_worker([&](Runnable&) {
    EXPECT_TRUE(scheduler_.run_inside(*levels[0]));
    return Outcome::done;
  });
  EXPECT_EQ(reached, static_cast<size_t>(ThreadedScheduler::max_inside));
}

class Spinning final : public Runnable {
 public:
  Outcome run() override {
    while (!preempted.load(std::memory_order_relaxed)) {
    }
    return Outcome::done;
  }
  void preempt() noexcept override { preempted.store(true, std::memory_order_relaxed); }

  std::atomic<bool> preempted{false};
};

TEST_F(RunInside, PreemptionReachesTheInnermost) {
  if (!preempts_by_signal) GTEST_SKIP() << "no signals here";
  auto spinning = make_ref<Spinning>();
  on_worker([&](Runnable&) {
    EXPECT_TRUE(scheduler_.run_inside(*spinning));
    return Outcome::done;
  });
  EXPECT_TRUE(spinning->preempted);
}

}  // namespace
}  // namespace trivium::sched
