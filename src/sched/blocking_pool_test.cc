#include "sched/blocking_pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <latch>
#include <memory>
#include <thread>
#include <vector>

namespace trivium::sched {
namespace {

TEST(BlockingPool, StartsThreadsOnDemandUpToTheMaximum) {
  BlockingPool pool({.max_threads = 3});
  EXPECT_EQ(pool.threads(), 0U);
  std::latch all_inside(3);
  std::latch let_go(1);
  for (int i = 0; i < 5; ++i) {
    pool.submit([&, i] {
      if (i < 3) all_inside.count_down();
      let_go.wait();
    });
  }
  all_inside.wait();
  EXPECT_EQ(pool.threads(), 3U);
  EXPECT_EQ(pool.queued(), 2U);
  let_go.count_down();
  pool.shutdown();
  EXPECT_EQ(pool.threads(), 0U);
}

TEST(BlockingPool, UsesIdleThreadsAgain) {
  BlockingPool pool;
  for (int i = 0; i < 100; ++i) {
    std::latch ran(1);
    pool.submit([&] { ran.count_down(); });
    ran.wait();
    while (pool.idle() == 0) std::this_thread::yield();
    EXPECT_EQ(pool.threads(), 1U);
  }
}

TEST(BlockingPool, OneThreadKeepsTheOrder) {
  std::vector<int> order;
  {
    BlockingPool pool({.max_threads = 1});
    for (int i = 0; i < 1000; ++i) pool.submit([&order, i] { order.push_back(i); });
  }
  EXPECT_EQ(order.size(), 1000U);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

TEST(BlockingPool, ShutdownRunsWhatWasSubmittedAndRefusesMore) {
  std::atomic<int> ran{0};
  BlockingPool pool({.max_threads = 2});
  for (int i = 0; i < 200; ++i) EXPECT_TRUE(pool.submit([&] { ++ran; }));
  pool.shutdown();
  EXPECT_EQ(ran, 200);
  auto capture = std::make_shared<int>();
  EXPECT_FALSE(pool.submit([&ran, capture] { ++ran; }));
  EXPECT_EQ(capture.use_count(), 1);
  EXPECT_EQ(ran, 200);
  pool.shutdown();
}

TEST(BlockingPool, IdleThreadsEnd) {
  BlockingPool pool({.idle_timeout = std::chrono::milliseconds(1)});
  for (int round = 0; round < 3; ++round) {
    std::latch ran(2);
    for (int i = 0; i < 2; ++i) pool.submit([&] { ran.count_down(); });
    ran.wait();
    while (pool.threads() > 0) std::this_thread::yield();
  }
}

TEST(BlockingPool, ManySubmitters) {
  std::atomic<int> ran{0};
  {
    BlockingPool pool({.max_threads = 4, .idle_timeout = std::chrono::microseconds(50)});
    std::vector<std::thread> submitters;
    for (int t = 0; t < 4; ++t) {
      submitters.emplace_back([&] {
        for (int i = 0; i < 2000; ++i) pool.submit([&] { ++ran; });
      });
    }
    for (std::thread& submitter : submitters) submitter.join();
  }
  EXPECT_EQ(ran, 8000);
}

}  // namespace
}  // namespace trivium::sched
