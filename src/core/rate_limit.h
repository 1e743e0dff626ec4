// "One log line per reason and interval": keep one RateLimiter per reason beside what reports it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "core/duration.h"

namespace trivium {

// Thread-safe and lock-free; racing callers get one permit between them.
class RateLimiter {
 public:
  explicit RateLimiter(Duration interval) : interval_(interval.count()) {}

  // True at the first call and then at most once per interval. `now` is Clock::monotonic_ns().
  bool allow(int64_t now) {
    int64_t next = next_.load(std::memory_order_relaxed);
    while (now >= next) {
      if (next_.compare_exchange_weak(next, now + interval_, std::memory_order_relaxed)) return true;
    }
    suppressed_.fetch_add(1, std::memory_order_relaxed);
    return false;
  }

  // How many calls were refused since this was last asked: "and 41 more".
  uint64_t take_suppressed() { return suppressed_.exchange(0, std::memory_order_relaxed); }

 private:
  const int64_t interval_;
  std::atomic<int64_t> next_{INT64_MIN};
  std::atomic<uint64_t> suppressed_{0};
};

}  // namespace trivium
