#include "units/supervisor/restart_delay.h"

#include <gtest/gtest.h>

#include "units/supervisor/test_supervisor.h"

namespace trivium::units {
namespace {

TEST(RestartDelay, GrowsUpToItsLimit) {
  ConstantRandom random;
  app::RestartPolicy policy;
  policy.jitter = -1;
  const int64_t expected[] = {1, 2, 4, 8, 16, 32, 64, 90, 90};
  for (int64_t n = 1; n <= 9; ++n) EXPECT_EQ(restart_delay(policy, n, random), seconds(expected[n - 1]));
  EXPECT_EQ(restart_delay(policy, int64_t{1} << 62, random), seconds(90));
}

TEST(RestartDelay, DoesNotLimitTheFirst) {
  ConstantRandom random;
  app::RestartPolicy policy;
  policy.jitter = -1;
  policy.initial_delay = seconds(100);
  EXPECT_EQ(restart_delay(policy, 1, random), seconds(100));
  EXPECT_EQ(restart_delay(policy, 2, random), seconds(90));
}

TEST(RestartDelay, TakesANegativeFactorForOne) {
  ConstantRandom random;
  app::RestartPolicy policy;
  policy.jitter = -1;
  policy.backoff_factor = -3;
  EXPECT_EQ(restart_delay(policy, 5, random), seconds(1));
  policy.backoff_factor = 0.5;
  EXPECT_EQ(restart_delay(policy, 3, random), milliseconds(250));
}

TEST(RestartDelay, DeviatesByAFractionEitherWay) {
  ConstantRandom random;
  app::RestartPolicy policy;
  EXPECT_EQ(restart_delay(policy, 1, random), seconds(1));
  random.value = 0;
  EXPECT_EQ(restart_delay(policy, 1, random), milliseconds(900));
  random.value = UINT64_MAX;
  EXPECT_GT(restart_delay(policy, 1, random), milliseconds(1099));
  EXPECT_LE(restart_delay(policy, 1, random), milliseconds(1100));
  random.value = 0;
  policy.jitter = 3;
  EXPECT_EQ(restart_delay(policy, 1, random), Duration::zero());
}

TEST(Terminal, IsWhatNeedsNoSecondTry) {
  EXPECT_TRUE(terminal(Error::of(kind::invalid, "x")));
  EXPECT_FALSE(terminal(Error::unspecified(kind::invalid, "x")));
  Error error = Error::unspecified(kind::internal, "x");
  error.retryable = true;
  EXPECT_FALSE(terminal(error));
  error.kind = kind::canceled;
  EXPECT_TRUE(terminal(error));
  EXPECT_TRUE(terminal(service_exited()));
  EXPECT_TRUE(terminal(service_terminated()));
}

}  // namespace
}  // namespace trivium::units
