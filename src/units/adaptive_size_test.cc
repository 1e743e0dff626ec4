#include "units/adaptive_size.h"

#include <gtest/gtest.h>

namespace trivium::units {
namespace {

TEST(AdaptiveSize, GrowsWhileCallsWait) {
  AdaptiveSize size(16);
  EXPECT_EQ(size.workers(), 1u);
  size.evaluate(1, 1, 0);
  EXPECT_EQ(size.workers(), 1u) << "busy, but nobody waits";
  size.evaluate(0, 1, 3);
  EXPECT_EQ(size.workers(), 1u) << "those that wait are being served";
  size.evaluate(1, 1, 1);
  EXPECT_EQ(size.workers(), 2u);
  size.evaluate(2, 2, 1);
  EXPECT_EQ(size.workers(), 3u);
}

TEST(AdaptiveSize, GrowsByAQuarterAtMost) {
  AdaptiveSize size(16);
  for (const size_t expected : {5, 9, 13, 16, 16}) {
    size.evaluate(size.workers(), size.workers(), 1000);
    EXPECT_EQ(size.workers(), expected);
  }
  AdaptiveSize small(2);
  small.evaluate(1, 1, 1000);
  EXPECT_EQ(small.workers(), 2u);
  AdaptiveSize one(1);
  one.evaluate(1, 1, 1000);
  EXPECT_EQ(one.workers(), 1u);
}

TEST(AdaptiveSize, ShrinksOneAtATime) {
  AdaptiveSize size(16);
  size.evaluate(1, 1, 1000);
  ASSERT_EQ(size.workers(), 5u);
  for (int i = 0; i < 7; ++i) size.evaluate(0, 2, 0);
  size.evaluate(0, 3, 0);  // more than half were busy: counting begins anew
  for (int i = 0; i < 7; ++i) size.evaluate(0, 2, 0);
  EXPECT_EQ(size.workers(), 5u);
  size.evaluate(0, 2, 0);
  EXPECT_EQ(size.workers(), 4u);
  for (int i = 0; i < 100; ++i) size.evaluate(0, 0, 0);
  EXPECT_EQ(size.workers(), 1u);
  EXPECT_TRUE(size.at_rest(0, 0));
  EXPECT_FALSE(size.at_rest(1, 1));
}

TEST(AdaptiveSize, KeepsOneBesideTheBusy) {
  AdaptiveSize size(16);
  size.evaluate(1, 1, 1000);
  for (int i = 0; i < 100; ++i) size.evaluate(1, 1, 0);
  EXPECT_EQ(size.workers(), 2u);
  EXPECT_FALSE(size.at_rest(1, 0));
}

}  // namespace
}  // namespace trivium::units
