// How far the surroundings of tests move time.
#include <gtest/gtest.h>

#include <vector>

#include "units/workflows/testing/cluster.h"
#include "units/workflows/testing/world.h"

namespace trivium::units::workflows::testing {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

class WorldTime : public ::testing::Test {
 protected:
  Duration now() { return Duration(world.timers().clock().monotonic_ns()); }
  void note_at(Duration time) {
    world.timers().at(time.count(), [this] { fired.push_back(now()); });
  }

  World world;
  std::vector<Duration> fired;
};

TEST_F(WorldTime, ARunEndsAtItsLimitThoughATimerIsDueLater) {
  const Duration begun = now();
  note_at(begun + seconds(15));
  world.run_for(seconds(10));
  EXPECT_EQ(now(), begun + seconds(10));
  EXPECT_TRUE(fired.empty());
  world.run_for(seconds(10));
  EXPECT_EQ(now(), begun + seconds(20));
  EXPECT_EQ(fired, std::vector<Duration>{begun + seconds(15)});
}

TEST_F(WorldTime, WhatIsDueAtTheLimitStillRuns) {
  const Duration begun = now();
  world.run_until([&] { return now() > begun; }, seconds(0));
  EXPECT_EQ(now(), begun);
  world.timers().at((begun + seconds(4)).count(), [&] { note_at(begun + seconds(10)); });
  world.run_for(seconds(10));
  EXPECT_EQ(now(), begun + seconds(10));
  EXPECT_EQ(fired, std::vector<Duration>{begun + seconds(10)});
}

TEST_F(WorldTime, ARunUntilSomethingHappensEndsThen) {
  const Duration begun = now();
  note_at(begun + seconds(5));
  world.run_until([&] { return !fired.empty(); }, hours(1));
  EXPECT_EQ(now(), begun + seconds(5));
  world.run_until([&] { return fired.size() > 1; }, seconds(30));
  EXPECT_EQ(now(), begun + seconds(35));
}

TEST(ClusterTime, ARunEndsAtItsLimit) {
  Cluster cluster(1, 2, {});
  const int64_t begun_ns = cluster.now_ns();
  cluster.run_for(milliseconds(1));
  EXPECT_EQ(Duration(cluster.now_ns() - begun_ns), milliseconds(1));
  cluster.run_for(milliseconds(1234));
  EXPECT_EQ(Duration(cluster.now_ns() - begun_ns), milliseconds(1235));
}

}  // namespace
}  // namespace trivium::units::workflows::testing
