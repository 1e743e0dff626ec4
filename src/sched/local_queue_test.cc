#include "sched/local_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "sched/test_runnable.h"

namespace trivium::sched {
namespace {

std::vector<Ref<FunctionRunnable>> make(size_t count) {
  std::vector<Ref<FunctionRunnable>> all;
  for (size_t i = 0; i < count; ++i) all.push_back(make_runnable([](Runnable&) { return Outcome::idle; }));
  return all;
}

TEST(LocalQueue, IsAFifoThatKnowsWhenItIsFull) {
  const auto all = make(LocalQueue::capacity + 1);
  LocalQueue queue;
  EXPECT_EQ(queue.take(), nullptr);
  for (size_t i = 0; i < LocalQueue::capacity; ++i) EXPECT_TRUE(queue.push(*all[i]));
  EXPECT_FALSE(queue.push(*all.back()));
  EXPECT_EQ(queue.size(), LocalQueue::capacity);
  for (size_t i = 0; i < LocalQueue::capacity; ++i) EXPECT_EQ(queue.take(), all[i].get());
  EXPECT_TRUE(queue.empty());
}

TEST(LocalQueue, GivesAwayTheOlderHalf) {
  const auto all = make(5);
  LocalQueue queue;
  LocalQueue::Batch batch;
  EXPECT_EQ(queue.take_half(batch), 0U);
  for (const auto& runnable : all) queue.push(*runnable);
  ASSERT_EQ(queue.take_half(batch), 3U);
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(batch[i], all[i].get());
  EXPECT_EQ(queue.take(), all[3].get());
  EXPECT_EQ(queue.take_half(batch), 1U);
  EXPECT_EQ(batch[0], all[4].get());
}

TEST(LocalQueue, ShowsWhoComesAfterTheOneTaken) {
  const auto all = make(4);
  LocalQueue queue;
  std::vector<std::pair<Runnable*, size_t>> seen;
  const auto look = [&](Runnable& runnable, size_t turns) { seen.emplace_back(&runnable, turns); };
  EXPECT_EQ(queue.take_looking(2, look), nullptr);
  for (const auto& runnable : all) queue.push(*runnable);
  EXPECT_EQ(queue.take_looking(2, look), all[0].get());
  EXPECT_EQ(seen, (std::vector<std::pair<Runnable*, size_t>>{{all[1].get(), 1}, {all[2].get(), 2}}));
  seen.clear();
  EXPECT_EQ(queue.take_looking(9, look), all[1].get());
  EXPECT_EQ(seen, (std::vector<std::pair<Runnable*, size_t>>{{all[2].get(), 1}, {all[3].get(), 2}}));
  EXPECT_EQ(queue.size(), 2U);
}

// Everything pushed is taken exactly once, whoever takes it.
TEST(LocalQueue, LosesAndDoublesNothingUnderThieves) {
  constexpr size_t count = 512;
  constexpr int rounds = 200'000;
  const auto all = make(count);
  std::vector<std::atomic<int>> inside(count);
  LocalQueue queue;
  std::atomic<bool> stop{false};
  std::atomic<uint64_t> taken{0};
  std::unordered_map<Runnable*, size_t> indices;
  for (size_t i = 0; i < count; ++i) indices[all[i].get()] = i;
  const auto take = [&](Runnable* runnable) {
    EXPECT_EQ(inside[indices.at(runnable)].exchange(0), 1);
    taken.fetch_add(1);
  };
  std::vector<std::thread> thieves;
  for (int i = 0; i < 2; ++i) {
    thieves.emplace_back([&] {
      LocalQueue::Batch batch;
      while (!stop) {
        const size_t stolen = queue.take_half(batch);
        for (size_t k = 0; k < stolen; ++k) take(batch[k]);
      }
    });
  }
  std::mt19937 random(1);
  uint64_t pushed = 0;
  for (int round = 0; round < rounds; ++round) {
    const size_t i = random() % count;
    if (inside[i].load() == 0) {
      inside[i] = 1;
      if (queue.push(*all[i])) {
        ++pushed;
      } else {
        inside[i] = 0;
      }
    }
    if (random() % 3 == 0) {
      if (Runnable* runnable = queue.take()) take(runnable);
    }
  }
  while (Runnable* runnable = queue.take()) take(runnable);
  stop = true;
  for (std::thread& thief : thieves) thief.join();
  EXPECT_EQ(taken, pushed);
}

}  // namespace
}  // namespace trivium::sched
