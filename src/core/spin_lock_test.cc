#include "core/spin_lock.h"

#include <gtest/gtest.h>

#include <mutex>
#include <thread>
#include <vector>

namespace trivium {
namespace {

TEST(SpinLock, LetsOneInAtATime) {
  SpinLock lock;
  int counter = 0;
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 10'000; ++n) {
        const std::lock_guard guard(lock);
        ++counter;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(counter, 40'000);
}

TEST(SpinLock, CanBeTried) {
  SpinLock lock;
  EXPECT_TRUE(lock.try_lock());
  EXPECT_FALSE(lock.try_lock());
  lock.unlock();
  EXPECT_TRUE(lock.try_lock());
  lock.unlock();
}

// Two at a time, as for a link between two processes, whatever the order they are named in.
TEST(SpinLock, TwoAreTakenTogether) {
  SpinLock a;
  SpinLock b;
  int counter = 0;
  std::thread other([&] {
    for (int n = 0; n < 10'000; ++n) {
      const std::scoped_lock both(a, b);
      ++counter;
    }
  });
  for (int n = 0; n < 10'000; ++n) {
    const std::scoped_lock both(b, a);
    ++counter;
  }
  other.join();
  EXPECT_EQ(counter, 20'000);
}

}  // namespace
}  // namespace trivium
