#include "sched/timers.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace trivium::sched {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(SystemTimers, AreNeverEarlyAndKeepTheirOrder) {
  SystemTimers timers;
  std::latch fired(3);
  std::vector<int64_t> times(3);
  std::string order;
  int64_t start = 0;
  // From a callback, so that all are set before the first can fire.
  timers.after(Duration::zero(), [&] {
    start = timers.clock().monotonic_ns();
    for (int64_t i : {2, 0, 1}) {
      timers.at(start + i * 1'000'000, [&, i] {
        times[static_cast<size_t>(i)] = timers.clock().monotonic_ns();
        order += static_cast<char>('0' + i);
        fired.count_down();
      });
    }
  });
  fired.wait();
  for (size_t i = 0; i < 3; ++i) EXPECT_GE(times[i] - start, static_cast<int64_t>(i) * 1'000'000);
  EXPECT_EQ(order, "012");
}

TEST(SystemTimers, AnEarlierTimerOvertakesTheOneThatIsSleptFor) {
  SystemTimers timers;
  std::atomic<bool> late_fired{false};
  timers.after(hours(1), [&] { late_fired = true; });
  for (int i = 0; i < 50; ++i) {
    std::latch fired(1);
    timers.after(microseconds(i * 20), [&] { fired.count_down(); });
    fired.wait();
  }
  EXPECT_FALSE(late_fired);
  EXPECT_EQ(timers.pending(), 1U);
}

TEST(SystemTimers, CancelDestroysTheCallbackUnrun) {
  SystemTimers timers;
  auto capture = std::make_shared<int>();
  const TimerId id = timers.after(hours(1), [capture] { ++*capture; });
  EXPECT_EQ(capture.use_count(), 2);
  EXPECT_TRUE(timers.cancel(id));
  EXPECT_EQ(capture.use_count(), 1);
  EXPECT_FALSE(timers.cancel(id));
  EXPECT_EQ(*capture, 0);
}

TEST(SystemTimers, CallbacksSetAndCancelTimers) {
  SystemTimers timers;
  std::latch fired(1);
  const TimerId victim = timers.after(hours(1), [] {});
  timers.after(Duration::zero(), [&] {
    EXPECT_TRUE(timers.cancel(victim));
    timers.after(Duration(-1), [&] { fired.count_down(); });
  });
  fired.wait();
  EXPECT_EQ(timers.pending(), 0U);
}

TEST(SystemTimers, StopDropsWhatIsPendingAndWhatComesLater) {
  auto capture = std::make_shared<int>();
  SystemTimers timers;
  timers.after(hours(1), [capture] { ++*capture; });
  timers.stop();
  EXPECT_EQ(capture.use_count(), 1);
  EXPECT_EQ(timers.after(Duration::zero(), [capture] { ++*capture; }), TimerId::none);
  timers.stop();
  EXPECT_EQ(*capture, 0);
  EXPECT_EQ(capture.use_count(), 1);
}

// Each timer either fires or is cancelled, never both, never neither.
TEST(SystemTimers, ManyThreadsSetAndCancel) {
  constexpr int threads = 4;
  constexpr int each = 5'000;
  SystemTimers timers;
  std::atomic<int> settled{0};
  std::vector<std::thread> users;
  for (int t = 0; t < threads; ++t) {
    users.emplace_back([&, t] {
      std::minstd_rand random(static_cast<uint32_t>(t + 1));
      std::vector<TimerId> ids;
      for (int i = 0; i < each; ++i) {
        ids.push_back(timers.after(microseconds(random() % 20'000), [&] {
          ++settled;
          settled.notify_all();
        }));
        if (random() % 2 == 0 && timers.cancel(ids[random() % ids.size()])) {
          ++settled;
          settled.notify_all();
        }
      }
    });
  }
  for (std::thread& user : users) user.join();
  for (int seen = settled; seen < threads * each; seen = settled) settled.wait(seen);
  EXPECT_EQ(timers.pending(), 0U);
  timers.stop();
  EXPECT_EQ(settled, threads * each);
}

TEST(VirtualTimers, TimeMovesOnlyWhenTold) {
  VirtualTimers timers(5'000, 100);
  EXPECT_EQ(timers.clock().wall_ns(), 5'000);
  EXPECT_EQ(timers.clock().monotonic_ns(), 100);
  EXPECT_EQ(timers.advance(Duration(50)), 0U);
  EXPECT_EQ(timers.clock().wall_ns(), 5'050);
  EXPECT_EQ(timers.clock().monotonic_ns(), 150);
}

TEST(VirtualTimers, EachRunsAtExactlyItsTime) {
  VirtualTimers timers;
  std::vector<int64_t> times;
  const auto note = [&] { times.push_back(timers.clock().monotonic_ns()); };
  timers.after(Duration(30), note);
  timers.after(Duration(10), [&] {
    note();
    timers.after(Duration(5), note);
    timers.after(Duration(500), note);
  });
  EXPECT_EQ(timers.advance(Duration(100)), 3U);
  EXPECT_EQ(times, (std::vector<int64_t>{10, 15, 30}));
  EXPECT_EQ(timers.pending(), 1U);
  EXPECT_EQ(timers.clock().monotonic_ns(), 100);
  EXPECT_TRUE(timers.advance_to_next());
  EXPECT_EQ(times.back(), 510);
  EXPECT_FALSE(timers.advance_to_next());
}

TEST(VirtualTimers, WhatFallsDueWhileNobodyRunsComesLate) {
  VirtualTimers timers;
  std::vector<int64_t> times;
  const auto note = [&] { times.push_back(timers.clock().monotonic_ns()); };
  timers.after(Duration(10), note);
  timers.after(Duration(30), note);
  timers.skip(Duration(20));
  EXPECT_TRUE(times.empty());
  EXPECT_EQ(timers.clock().monotonic_ns(), 20);
  EXPECT_EQ(timers.advance(Duration(15)), 2U);
  EXPECT_EQ(times, (std::vector<int64_t>{20, 30}));
  EXPECT_EQ(timers.clock().monotonic_ns(), 35);
}

TEST(VirtualTimers, EqualTimesRunInTheOrderOfSettingAndCancelWorks) {
  VirtualTimers timers;
  std::string order;
  for (char name : {'a', 'b', 'c'}) timers.after(seconds(1), [&order, name] { order += name; });
  const TimerId id = timers.after(seconds(1), [&] { order += 'd'; });
  EXPECT_TRUE(timers.cancel(id));
  EXPECT_FALSE(timers.cancel(id));
  timers.after(seconds(-1), [&] { order += '0'; });
  EXPECT_EQ(timers.advance(seconds(1)), 4U);
  EXPECT_EQ(order, "0abc");
}

}  // namespace
}  // namespace trivium::sched
