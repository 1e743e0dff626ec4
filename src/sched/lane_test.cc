#include "sched/lane.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <latch>
#include <string>
#include <thread>
#include <vector>

#include "sched/scheduler.h"
#include "sched/test_runnable.h"

namespace trivium::sched {
namespace {

// Counts how many of its runnables are inside run() at a time.
struct Crowd {
  std::atomic<int> inside{0};
  std::atomic<int> most{0};

  void enter() {
    const int now = ++inside;
    int before = most;
    while (before < now && !most.compare_exchange_weak(before, now)) {
    }
  }
  void leave() { --inside; }
};

void run_crowd(size_t workers, size_t limit, Crowd& crowd) {
  constexpr int count = 200;
  ThreadedScheduler scheduler({.workers = workers});
  auto lane = make_ref<Lane>(scheduler, limit);
  std::latch done(count);
  std::vector<Ref<FunctionRunnable>> all;
  for (int i = 0; i < count; ++i) {
    all.push_back(make_runnable(
        [&, turns = 0](Runnable&) mutable {
          crowd.enter();
          for (int spin = 0; spin < 50; ++spin) std::this_thread::yield();
          crowd.leave();
          if (++turns < 5) return Outcome::again;
          done.count_down();
          return Outcome::done;
        },
        lane));
    scheduler.wake(*all.back());
  }
  scheduler.start();
  done.wait();
  scheduler.stop();
  EXPECT_EQ(lane->running(), 0U);
  EXPECT_EQ(lane->waiting(), 0U);
}

TEST(Lane, RunsAtMostItsLimitAtATime) {
  for (const size_t limit : {1U, 2U, 3U}) {
    Crowd crowd;
    run_crowd(4, limit, crowd);
    EXPECT_LE(crowd.most, static_cast<int>(limit));
  }
}

TEST(Lane, CountsNothingIfItsLimitIsTheNumberOfWorkers) {
  Crowd crowd;
  run_crowd(4, 4, crowd);
  EXPECT_LE(crowd.most, 4);
}

TEST(Lane, OneLaneDoesNotHoldUpAnother) {
  ThreadedScheduler scheduler({.workers = 2});
  auto narrow = make_ref<Lane>(scheduler, 1);
  std::latch others_ran(10);
  std::latch narrow_ran(2);
  std::vector<Ref<FunctionRunnable>> all;
  for (int i = 0; i < 2; ++i) {
    all.push_back(make_runnable(
        [&](Runnable&) {
          others_ran.wait();  // keeps the lane's only place until the others got through
          narrow_ran.count_down();
          return Outcome::done;
        },
        narrow));
  }
  for (int i = 0; i < 10; ++i) {
    all.push_back(make_runnable([&](Runnable&) {
      others_ran.count_down();
      return Outcome::done;
    }));
  }
  scheduler.start();
  for (auto& runnable : all) scheduler.wake(*runnable);
  narrow_ran.wait();
}

TEST(Lane, RaisingTheLimitLetsTheWaitingRun) {
  ManualScheduler scheduler;
  auto lane = make_ref<Lane>(scheduler, 0);
  std::string order;
  std::vector<Ref<FunctionRunnable>> all;
  for (char name : {'a', 'b', 'c'}) {
    all.push_back(make_runnable(
        [&order, name](Runnable&) {
          order += name;
          return Outcome::idle;
        },
        lane));
    scheduler.wake(*all.back());
    EXPECT_EQ(scheduler.run_until_idle(), 1U) << "one turn, spent on finding the lane full";
  }
  EXPECT_EQ(order, "");
  EXPECT_EQ(lane->waiting(), 3U);
  scheduler.wake(*all[0]);
  EXPECT_EQ(lane->waiting(), 3U);
  lane->set_limit(1);
  EXPECT_EQ(lane->limit(), 1U);
  EXPECT_EQ(lane->waiting(), 0U);
  scheduler.run_until_idle();
  std::sort(order.begin(), order.end());
  EXPECT_EQ(order, "abc");
}

TEST(Lane, TheLimitMayChangeWhileItIsBusy) {
  ThreadedScheduler scheduler({.workers = 3});
  auto lane = make_ref<Lane>(scheduler, 1);
  constexpr int count = 50;
  std::latch done(count);
  std::vector<Ref<FunctionRunnable>> all;
  for (int i = 0; i < count; ++i) {
    all.push_back(make_runnable(
        [&, turns = 0](Runnable&) mutable {
          if (++turns < 200) return Outcome::again;
          done.count_down();
          return Outcome::done;
        },
        lane));
    scheduler.wake(*all.back());
  }
  scheduler.start();
  for (size_t i = 0; !done.try_wait(); ++i) lane->set_limit(i % 5);
  lane->set_limit(1);
  scheduler.stop();
  EXPECT_EQ(lane->running(), 0U);
}

TEST(Lane, IsHandedOnInTheOrderOfComing) {
  ThreadedScheduler scheduler({.workers = 2});
  auto lane = make_ref<Lane>(scheduler, 1);
  std::string order;  // guarded by the lane
  std::latch all_wait(1);
  std::latch done(4);
  std::vector<Ref<FunctionRunnable>> all;
  for (char name : {'a', 'b', 'c', 'd'}) {
    all.push_back(make_runnable(
        [&, name](Runnable&) {
          all_wait.wait();
          order += name;
          done.count_down();
          return Outcome::done;
        },
        lane));
  }
  scheduler.start();
  for (size_t i = 0; i < all.size(); ++i) {
    scheduler.wake(*all[i]);
    if (i == 0) {
      while (lane->running() == 0) std::this_thread::yield();
    }
    while (lane->waiting() < i) std::this_thread::yield();
  }
  all_wait.count_down();
  done.wait();
  EXPECT_EQ(order, "abcd");
}

}  // namespace
}  // namespace trivium::sched
