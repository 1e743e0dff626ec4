// Workers that come and go while there is work: no wake is lost, nothing runs twice at a time, lanes keep
// their limits.
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <random>
#include <thread>
#include <vector>

#include "sched/lane.h"
#include "sched/scheduler.h"
#include "sched/test_runnable.h"

namespace trivium::sched {
namespace {

// How many of these runs are in progress at the same time once all that can begin have begun.
size_t parallel_runs(ThreadedScheduler& scheduler, size_t wanted, const Ref<Lane>& lane = nullptr) {
  std::latch begun(static_cast<std::ptrdiff_t>(wanted));
  std::latch ended(static_cast<std::ptrdiff_t>(wanted));
  std::vector<Ref<FunctionRunnable>> runs;
  std::atomic<size_t> inside{0};
  for (size_t i = 0; i < wanted; ++i) {
    runs.push_back(make_runnable(
        [&](Runnable&) {
          ++inside;
          begun.arrive_and_wait();
          ended.count_down();
          return Outcome::done;
        },
        lane));
  }
  for (const auto& run : runs) scheduler.wake(*run);
  ended.wait();
  return inside;
}

TEST(Resize, GrowsWhileItRuns) {
  ThreadedScheduler scheduler({.workers = 1});
  scheduler.start();
  EXPECT_EQ(parallel_runs(scheduler, 1), 1U);
  scheduler.set_worker_count(4);
  EXPECT_EQ(scheduler.worker_count(), 4U);
  EXPECT_EQ(parallel_runs(scheduler, 4), 4U);  // would wait for each other for ever on fewer
}

TEST(Resize, GrowsAgainAfterItShrank) {
  ThreadedScheduler scheduler({.workers = 3});
  scheduler.start();
  for (int round = 0; round < 20; ++round) {
    scheduler.set_worker_count(1);
    EXPECT_EQ(parallel_runs(scheduler, 1), 1U);
    scheduler.set_worker_count(6);
    EXPECT_EQ(parallel_runs(scheduler, 6), 6U);
  }
}

TEST(Resize, TheOneThatIsLeftRunsEverything) {
  ThreadedScheduler scheduler({.workers = 4});
  scheduler.start();
  EXPECT_EQ(parallel_runs(scheduler, 4), 4U);
  scheduler.set_worker_count(1);
  std::latch all(200);
  std::vector<Ref<FunctionRunnable>> runs;
  for (int i = 0; i < 200; ++i) {
    runs.push_back(make_runnable([&](Runnable&) {
      all.count_down();
      return Outcome::done;
    }));
  }
  for (const auto& run : runs) scheduler.wake(*run);
  all.wait();
  EXPECT_EQ(scheduler.worker_count(), 1U);
}

TEST(Resize, StopsWithWorkersAtRest) {
  ThreadedScheduler scheduler({.workers = 8});
  scheduler.start();
  scheduler.set_worker_count(2);
  scheduler.stop();
  scheduler.set_worker_count(5);  // too late
  EXPECT_EQ(scheduler.worker_count(), 2U);
}

TEST(Resize, NothingHappensBeforeTheStart) {
  ThreadedScheduler scheduler({.workers = 2});
  scheduler.set_worker_count(5);
  EXPECT_EQ(scheduler.worker_count(), 2U);
}

TEST(Resize, ALaneThatDidNotCountDoesAfterTheGrowth) {
  ThreadedScheduler scheduler({.workers = 1});
  auto lane = make_ref<Lane>(scheduler, 2);
  scheduler.start();
  scheduler.set_worker_count(6);
  EXPECT_EQ(parallel_runs(scheduler, 2, lane), 2U);
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  std::latch all(2000);
  std::vector<Ref<FunctionRunnable>> runs;
  for (int i = 0; i < 2000; ++i) {
    runs.push_back(make_runnable(
        [&](Runnable&) {
          const int now = ++inside;
          for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
          }
          --inside;
          all.count_down();
          return Outcome::done;
        },
        lane));
  }
  for (const auto& run : runs) scheduler.wake(*run);
  all.wait();
  EXPECT_LE(most, 2);
}

TEST(Resize, ALaneFollowsItsLimitLive) {
  ThreadedScheduler scheduler({.workers = 4});
  auto lane = make_ref<Lane>(scheduler, 1);
  scheduler.start();
  EXPECT_EQ(parallel_runs(scheduler, 1, lane), 1U);
  lane->set_limit(3);
  EXPECT_EQ(parallel_runs(scheduler, 3, lane), 3U);
  lane->set_limit(Lane::unlimited);
  EXPECT_EQ(parallel_runs(scheduler, 4, lane), 4U);
}

// Messages that hop between actors, each on the wake of the one before: one lost wake and the test hangs.
class Hopper final : public Runnable {
 public:
  Hopper(std::vector<Ref<Hopper>>& all, ThreadedScheduler& scheduler, std::latch& done, uint32_t seed)
      : Runnable(nullptr), all_(all), scheduler_(scheduler), done_(done), random_(seed) {}

  void send(int64_t hops) {
    hops_.fetch_add(hops);
    messages_.fetch_add(1);
    scheduler_.wake(*this);
  }

  Outcome run() override {
    EXPECT_FALSE(inside_.exchange(true)) << "two threads at a time";
    const int64_t messages = messages_.exchange(0);
    const int64_t hops = hops_.exchange(0);
    unguarded_ += messages;  // a race here is what ThreadSanitizer would report
    if (hops > messages) {
      // What came together goes on as one.
      for (int64_t i = 1; i < messages; ++i) done_.count_down();
      all_[random_() % all_.size()]->send(hops - messages);
    } else {
      for (int64_t i = 0; i < messages; ++i) done_.count_down();
    }
    inside_ = false;
    return Outcome::idle;
  }

 private:
  std::vector<Ref<Hopper>>& all_;
  ThreadedScheduler& scheduler_;
  std::latch& done_;
  std::minstd_rand random_;
  std::atomic<int64_t> messages_{0};
  std::atomic<int64_t> hops_{0};
  std::atomic<bool> inside_{false};
  int64_t unguarded_ = 0;
};

TEST(Resize, LosesNothingWhileWorkersComeAndGo) {
  constexpr int messages = 16;
  for (uint32_t seed = 1; seed <= 4; ++seed) {
    std::vector<Ref<Hopper>> hoppers;
    std::latch done(messages);
    ThreadedScheduler scheduler({.workers = 2});
    for (uint32_t i = 0; i < 40; ++i) {
      hoppers.push_back(make_ref<Hopper>(hoppers, scheduler, done, seed * 1000 + i));
    }
    scheduler.start();
    std::atomic<bool> over{false};
    std::thread resizer([&] {
      std::minstd_rand random(seed);
      while (!over) {
        scheduler.set_worker_count(1 + random() % 8);
        std::this_thread::yield();
      }
    });
    for (int i = 0; i < messages; ++i) hoppers[static_cast<size_t>(i)]->send(3000);
    done.wait();
    over = true;
    resizer.join();
    scheduler.stop();
    hoppers.clear();
  }
}

}  // namespace
}  // namespace trivium::sched
