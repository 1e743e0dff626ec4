#include "units/call_retry.h"

#include <gtest/gtest.h>

#include "core/json.h"

namespace trivium::units {
namespace {

using std::chrono::milliseconds;

std::optional<CallRetry> read(const std::string& json) { return CallRetry::read(*json::decode(json)); }

Error error_of(std::string_view kind) { return Error::unspecified(kind, "m"); }

TEST(CallRetry, NeedsMoreThanOneAttempt) {
  EXPECT_FALSE(read("{}"));
  EXPECT_FALSE(read("5"));
  EXPECT_FALSE(read(R"({"max_attempts": 1})"));
  EXPECT_FALSE(read(R"({"max_attempts": "3"})"));
  ASSERT_TRUE(read(R"({"max_attempts": 2.0})"));
  EXPECT_EQ(read(R"({"max_attempts": 3})")->max_attempts, 3);
}

TEST(CallRetry, SenselessValuesKeepTheDefaults) {
  const auto retry =
      read(R"({"max_attempts": 2, "initial_delay": -1, "max_delay": "soon", "backoff_factor": 0})");
  EXPECT_EQ(retry->initial_delay, milliseconds(100));
  EXPECT_EQ(retry->max_delay, std::chrono::seconds(10));
  EXPECT_EQ(retry->backoff_factor, 2.0);
  EXPECT_EQ(retry->jitter, 0.1);
  EXPECT_EQ(read(R"({"max_attempts": 2, "jitter": "x"})")->jitter, 0);
  EXPECT_EQ(read(R"({"max_attempts": 2, "jitter": -1})")->jitter, 0);
}

TEST(CallRetry, DelaysAreNumbersOfMillisecondsOrText) {
  const auto retry = read(R"({"max_attempts": 2, "initial_delay": 250, "max_delay": "1m"})");
  EXPECT_EQ(retry->initial_delay, milliseconds(250));
  EXPECT_EQ(retry->max_delay, std::chrono::minutes(1));
}

TEST(CallRetry, TheFirstDelayHasGrownAlready) {
  const auto retry = read(R"({"max_attempts": 9, "initial_delay": 100, "max_delay": 500, "jitter": 0})");
  Duration base = retry->initial_delay;
  EXPECT_EQ(retry->delay(base, 0.9), milliseconds(200));
  EXPECT_EQ(retry->delay(base, 0.9), milliseconds(400));
  EXPECT_EQ(retry->delay(base, 0.9), milliseconds(500));
  EXPECT_EQ(retry->delay(base, 0.9), milliseconds(500));
}

TEST(CallRetry, JitterGoesBothWaysAndNeverBelowZero) {
  const auto retry = read(R"({"max_attempts": 9, "initial_delay": 100, "jitter": 0.5})");
  Duration base = retry->initial_delay;
  EXPECT_EQ(retry->delay(base, -1), milliseconds(100));
  base = retry->initial_delay;
  EXPECT_EQ(retry->delay(base, 0.5), milliseconds(250));
  const auto wild = read(R"({"max_attempts": 9, "jitter": 3})");
  base = wild->initial_delay;
  EXPECT_EQ(wild->delay(base, -1), Duration::zero());
}

TEST(CallRetry, WhichErrors) {
  const auto retry = *read(R"({"max_attempts": 2})");
  for (std::string_view kind : {"", "NotFound", "AlreadyExists", "Unavailable", "Canceled", "Conflict",
                                "Timeout", "RateLimited", "Own"}) {
    EXPECT_TRUE(retry.wants(error_of(kind))) << kind;
  }
  for (std::string_view kind : {"Invalid", "PermissionDenied", "Internal"})
    EXPECT_FALSE(retry.wants(error_of(kind))) << kind;
  EXPECT_FALSE(retry.wants(Error::of(kind::unavailable, "not retryable")));
}

TEST(CallRetry, ListedKinds) {
  const auto only =
      *read(R"({"max_attempts": 2, "retry_kinds": ["Internal", 5, "Timeout"], "skip_kinds": "Timeout"})");
  EXPECT_TRUE(only.wants(error_of(kind::internal)));
  EXPECT_FALSE(only.wants(error_of(kind::timeout))) << "skip_kinds wins";
  EXPECT_FALSE(only.wants(error_of(kind::unavailable))) << "not listed";
  EXPECT_FALSE(only.wants(Error::of(kind::internal, "listed but not retryable")));
}

}  // namespace
}  // namespace trivium::units
