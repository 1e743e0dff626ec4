// Options of starts and activities: "workflow.X", "activity.X" and their "temporal." aliases.
// Values of the wrong type are errors of kind Invalid.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/duration.h"
#include "core/error.h"
#include "core/value.h"

namespace trivium::units::workflows {

// A duration string, or a number of milliseconds.
Result<Duration> duration_option(std::string_view name, const Value& value);

enum class ConflictPolicy : uint8_t { fail, use_existing, terminate_existing };
enum class ReusePolicy : uint8_t { allow_duplicate, failed_only, reject_duplicate, terminate_if_running };
enum class ParentClosePolicy : uint8_t { terminate, abandon, request_cancel };

struct StartOptions {
  std::string id;  // empty: not given
  std::string task_queue;
  std::optional<ConflictPolicy> conflict;
  ReusePolicy reuse = ReusePolicy::allow_duplicate;
  std::optional<bool> error_when_started;
  std::optional<ParentClosePolicy> parent_close;
  Duration execution_timeout{};
  Duration run_timeout{};
  Duration task_timeout{};
  Duration start_delay{};
  Value retry_policy;  // nil: none
  std::string cron;
  Object memo;               // payloads
  Object search_attributes;  // payloads
  std::string summary;
  std::string details;
};
Result<StartOptions> parse_start_options(const Object& options);

// Attributes of ActivityTaskScheduled that options decide, defaults in place.
struct ActivityOptions {
  std::string id;          // empty: the sequence number
  std::string task_queue;  // empty: the workflow's
  std::string summary;
  Object attributes;  // timeouts in nanoseconds, retry_policy
  bool local = false;
};
// `own`: the options of the call; `defaults`: the function's meta.options.
Result<ActivityOptions> parse_activity_options(const Object& own, const Object& defaults);

// A search attribute as payload with its type; fails for unsupported values and reserved names.
Result<Value> search_attribute(std::string_view key, const Value& value);

}  // namespace trivium::units::workflows
