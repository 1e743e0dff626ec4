// When a failed activity attempt or workflow run is tried again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/duration.h"
#include "core/error.h"
#include "core/value.h"

namespace trivium::units::workflows {

struct RetryPolicy {
  Duration initial_interval = std::chrono::seconds(1);
  double backoff_coefficient = 2.0;
  Duration maximum_interval{};   // 0: 100 times the initial one
  int64_t maximum_attempts = 0;  // 0: unlimited
  std::vector<std::string> non_retryable_error_types;

  // The pause after attempt `attempt` (from 1) failed.
  Duration interval(int64_t attempt) const;
  // Whether a failure of this kind is tried again at all.
  bool retries(const Object& failure) const;

  // As histories keep it: intervals in nanoseconds, unset numbers as zero.
  static RetryPolicy of(const Value* attributes);
};

// Parses the option table (snake_case or camelCase, any case) into the attributes of a history.
Result<Value> parse_retry_policy(std::string_view option, const Value& table);

}  // namespace trivium::units::workflows
