#include "sched/timer_wheel.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <vector>

namespace trivium::sched {
namespace {

constexpr int64_t ms = 1'000'000;

// Runs what is due at `now_ns`; the steps in between are the owner's business, so do them all.
size_t run_until(TimerWheel& wheel, int64_t now_ns) {
  size_t ran = 0;
  for (;;) {
    if (auto task = wheel.advance(now_ns)) {
      (*task)();
      ++ran;
    } else if (wheel.next_ns() > now_ns) {
      return ran;
    }
  }
}

TEST(TimerWheel, IsNeverEarlyAndLateByItsGrainAtMost) {
  for (const int64_t delay : {int64_t{1}, 1 * ms, 7 * ms, 9 * ms, 500 * ms, 100'000 * ms}) {
    constexpr int64_t start = 123'456'789;
    TimerWheel wheel(start);
    bool fired = false;
    wheel.add(start + delay, start, [&] { fired = true; });
    EXPECT_EQ(run_until(wheel, start + delay - 1), 0U);
    const int64_t grain = delay < 8 * ms ? 1 << 17 : 1 << 20;
    EXPECT_EQ(run_until(wheel, start + delay + grain), 1U);
    EXPECT_TRUE(fired);
    EXPECT_EQ(wheel.pending(), 0U);
    EXPECT_EQ(wheel.next_ns(), INT64_MAX);
  }
}

TEST(TimerWheel, KeepsTheOrderOfDueTimesWithinOneTick) {
  TimerWheel wheel(0);
  std::vector<int> order;
  wheel.add(10 * ms + 300, 0, [&] { order.push_back(3); });
  wheel.add(10 * ms + 100, 0, [&] { order.push_back(1); });
  wheel.add(10 * ms + 200, 0, [&] { order.push_back(2); });
  wheel.add(10 * ms + 100, 0, [&] { order.push_back(11); });
  run_until(wheel, 20 * ms);
  EXPECT_EQ(order, (std::vector<int>{1, 11, 2, 3}));
}

TEST(TimerWheel, WhatIsOverdueIsDueAtOnce) {
  TimerWheel wheel(1'000 * ms);
  int fired = 0;
  wheel.add(10'000 * ms, 1'000 * ms, [] {});
  wheel.add(5 * ms, 2'000 * ms, [&] { ++fired; });
  EXPECT_EQ(run_until(wheel, 2'000 * ms), 1U);
  EXPECT_EQ(fired, 1);
}

TEST(TimerWheel, CancelsInEveryPlace) {
  TimerWheel wheel(0);
  int fired = 0;
  const auto count = [&] { ++fired; };
  const TimerId near = wheel.add(10 * ms, 0, count);
  const TimerId far = wheel.add(1'000'000 * ms, 0, count);
  const TimerId first = wheel.add(30 * ms, 0, count);
  const TimerId second = wheel.add(30 * ms, 0, count);
  EXPECT_TRUE(static_cast<bool>(wheel.cancel(near)));
  EXPECT_FALSE(static_cast<bool>(wheel.cancel(near)));
  EXPECT_TRUE(static_cast<bool>(wheel.cancel(far)));
  while (!wheel.advance(40 * ms)) {
  }
  EXPECT_FALSE(static_cast<bool>(wheel.cancel(first))) << "taken";
  EXPECT_TRUE(static_cast<bool>(wheel.cancel(second))) << "due, not yet taken";
  EXPECT_EQ(run_until(wheel, 50 * ms), 0U);
  EXPECT_FALSE(static_cast<bool>(wheel.cancel(TimerId::none)));
  EXPECT_FALSE(static_cast<bool>(wheel.cancel(static_cast<TimerId>(uint64_t{99} << 32))));
  const TimerId again = wheel.add(60 * ms, 50 * ms, count);
  EXPECT_NE(again, second) << "the place is used again, the id is not";
  EXPECT_FALSE(static_cast<bool>(wheel.cancel(second)));
  EXPECT_EQ(wheel.pending(), 1U);
}

TEST(TimerWheel, BearsTheEndOfTime) {
  TimerWheel wheel(0);
  wheel.add(INT64_MAX, 0, [] {});
  EXPECT_EQ(run_until(wheel, INT64_MAX / 2), 0U);
  EXPECT_EQ(wheel.pending(), 1U);
}

// Against a map: any mix of delays, jumps in time and cancellations.
TEST(TimerWheel, AgreesWithAMap) {
  for (uint32_t seed = 1; seed <= 20; ++seed) {
    std::mt19937_64 random(seed);
    int64_t now = static_cast<int64_t>(random() % 1'000'000'000'000);
    TimerWheel wheel(now);
    std::map<uint64_t, std::pair<TimerId, int64_t>> model;  // pending: id and due time
    uint64_t next = 0;
    for (int step = 0; step < 3'000; ++step) {
      const uint64_t choice = random() % 10;
      if (choice < 6) {
        const int64_t due = now + static_cast<int64_t>(random() >> (20 + random() % 40));
        const uint64_t key = next++;
        const TimerId id = wheel.add(due, now, [&, key, due] {
          EXPECT_GE(now, due);
          EXPECT_EQ(model.erase(key), 1U);
        });
        model[key] = {id, due};
      } else if (choice < 8 && !model.empty()) {
        auto chosen = model.lower_bound(random() % next);
        if (chosen == model.end()) chosen = model.begin();
        EXPECT_TRUE(static_cast<bool>(wheel.cancel(chosen->second.first)));
        model.erase(chosen);
      } else {
        now += static_cast<int64_t>(random() >> (24 + random() % 36));
        run_until(wheel, now);
        for (const auto& [key, timer] : model) EXPECT_GT(timer.second, now - (1 << 20)) << "seed " << seed;
      }
      ASSERT_EQ(wheel.pending(), model.size());
    }
  }
}

}  // namespace
}  // namespace trivium::sched
