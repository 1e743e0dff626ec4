// The call option `retry`: which failures are worth another attempt
// and how long to wait before it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/duration.h"
#include "core/error.h"

namespace trivium::units {

class Node;
struct CallRequest;
class Process;

struct CallRetry {
  int64_t max_attempts = 1;  // the first included
  Duration initial_delay = std::chrono::milliseconds(100);
  Duration max_delay = std::chrono::seconds(10);
  double backoff_factor = 2.0;
  double jitter = 0.1;  // fraction of the delay, either way
  std::vector<std::string> retry_kinds;
  std::vector<std::string> skip_kinds;

  // Nothing when the option asks for no second attempt. Values that make no sense keep their defaults.
  static std::optional<CallRetry> read(const Value& option);

  bool wants(const Error& error) const;
  // The next wait; `base` is what the last one was based on, `random` uniform in [-1, 1).
  Duration delay(Duration& base, double random) const;
};

}  // namespace trivium::units
