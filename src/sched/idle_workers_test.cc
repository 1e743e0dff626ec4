#include "sched/idle_workers.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "sched/parker.h"

namespace trivium::sched {
namespace {

TEST(IdleWorkers, WakesThePreferredOrTheLastToFallAsleep) {
  IdleWorkers idle(4, 4);
  EXPECT_EQ(idle.pick(0), std::nullopt);
  for (size_t worker = 0; worker < 4; ++worker) idle.sleep(worker, false);
  EXPECT_TRUE(idle.all_asleep());
  EXPECT_EQ(idle.pick(1), 1U);
  EXPECT_FALSE(idle.asleep(1));
  EXPECT_EQ(idle.pick(0), std::nullopt) << "1 is searching";
  EXPECT_FALSE(idle.could_pick());
  EXPECT_TRUE(idle.stop_searching());
  EXPECT_EQ(idle.pick(1), 3U) << "1 is awake";
}

TEST(IdleWorkers, LetsHalfOfTheWorkersSearch) {
  IdleWorkers idle(4, 4);
  EXPECT_TRUE(idle.start_searching());
  EXPECT_TRUE(idle.start_searching());
  EXPECT_FALSE(idle.start_searching());
  EXPECT_FALSE(idle.stop_searching());
  EXPECT_TRUE(idle.stop_searching());
}

TEST(IdleWorkers, CancelledSleepIsASearch) {
  IdleWorkers idle(2, 2);
  EXPECT_TRUE(idle.start_searching());
  idle.sleep(0, true);
  EXPECT_TRUE(idle.asleep(0));
  EXPECT_TRUE(idle.cancel_sleep(0));
  EXPECT_TRUE(idle.stop_searching());
  idle.sleep(0, false);
  EXPECT_EQ(idle.pick(0), 0U);
  EXPECT_FALSE(idle.cancel_sleep(0)) << "chosen already";
}

TEST(Parker, KeepsAWakeThatComesFirst) {
  Parker parker;
  parker.unpark();
  parker.unpark();
  parker.park();
  EXPECT_FALSE(parker.park_for(1'000));
  parker.unpark();
  EXPECT_TRUE(parker.park_for(1'000'000'000'000));
}

TEST(Parker, HandsOverBackAndForth) {
  Parker here;
  Parker there;
  int value = 0;
  std::thread other([&] {
    for (int i = 0; i < 10'000; ++i) {
      there.park();
      ++value;
      here.unpark();
    }
  });
  for (int i = 0; i < 10'000; ++i) {
    ++value;
    there.unpark();
    here.park();
  }
  other.join();
  EXPECT_EQ(value, 20'000);
}

}  // namespace
}  // namespace trivium::sched
