#include "units/supervisor/strand.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace trivium::units {
namespace {

TEST(Strand, RunsWhatATaskPostsAfterIt) {
  Strand strand;
  std::string order;
  strand.post([&] {
    strand.post([&] { order += "c"; });
    order += "a";
    strand.post([&] { order += "d"; });
    order += "b";
  });
  EXPECT_EQ(order, "abcd");
}

TEST(Strand, RunsOneTaskAtATime) {
  Strand strand;
  int64_t sum = 0;  // unguarded on purpose
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 1000; ++n) strand.post([&] { ++sum; });
    });
  }
  for (auto& thread : threads) thread.join();
  strand.close();
  EXPECT_LE(sum, 4000);
  EXPECT_GT(sum, 0);
}

TEST(Strand, DropsWhatComesAfterItsEnd) {
  Strand strand;
  strand.close();
  bool ran = false;
  strand.post([&] { ran = true; });
  EXPECT_FALSE(ran);
}

}  // namespace
}  // namespace trivium::units
