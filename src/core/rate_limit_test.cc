#include "core/rate_limit.h"

#include <gtest/gtest.h>

namespace trivium {
namespace {

using namespace std::chrono_literals;

TEST(RateLimiter, AllowsTheFirstCallWhateverTheTime) {
  EXPECT_TRUE(RateLimiter(1s).allow(0));
  EXPECT_TRUE(RateLimiter(1s).allow(-5));
}

TEST(RateLimiter, AllowsOneCallPerInterval) {
  RateLimiter limiter(10ns);
  EXPECT_TRUE(limiter.allow(100));
  EXPECT_FALSE(limiter.allow(100));
  EXPECT_FALSE(limiter.allow(109));
  EXPECT_TRUE(limiter.allow(110));
  EXPECT_FALSE(limiter.allow(119));
}

TEST(RateLimiter, IntervalsStartAtTheAllowedCall) {
  RateLimiter limiter(10ns);
  EXPECT_TRUE(limiter.allow(100));
  EXPECT_TRUE(limiter.allow(1000));
  EXPECT_FALSE(limiter.allow(1009));
}

TEST(RateLimiter, CountsWhatItRefused) {
  RateLimiter limiter(10ns);
  limiter.allow(0);
  limiter.allow(1);
  limiter.allow(2);
  EXPECT_EQ(limiter.take_suppressed(), 2u);
  EXPECT_EQ(limiter.take_suppressed(), 0u);
}

}  // namespace
}  // namespace trivium
