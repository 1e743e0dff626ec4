// What is counted about the calls of one function.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "core/clock.h"

namespace trivium::units {

// A snapshot. The counters are read one after the other: under load they may be a few calls apart.
struct CallFigures {
  // Upper bounds of the buckets in nanoseconds; one more bucket holds what took longer.
  static constexpr std::array<int64_t, 13> bounds_ns{
      10'000,     50'000,      100'000,     500'000,       1'000'000,     5'000'000,      10'000'000,
      50'000'000, 100'000'000, 500'000'000, 1'000'000'000, 5'000'000'000, 10'000'000'000,
  };

  uint64_t calls = 0;      // begun
  uint64_t errors = 0;     // ended with an error
  uint64_t in_flight = 0;  // begun and not ended, waiting for a worker included
  // Of the calls that were timed: all of the first ones, later one of `sampling`.
  static constexpr uint64_t sampling = 16;
  std::array<uint64_t, bounds_ns.size() + 1> latency{};
  uint64_t timed = 0;
  int64_t timed_ns = 0;  // sum
};

// Thread-safe.
class CallMetrics {
 public:
  // The time of the begin, to be given to end(); 0 when this call is not timed.
  int64_t begin(const Clock& clock) {
    const uint64_t call = calls_.fetch_add(1, std::memory_order_relaxed);
    return call < all_timed || call % CallFigures::sampling == 0 ? clock.monotonic_ns() : 0;
  }
  void end(bool failed, int64_t begun_ns, const Clock& clock) {
    ended_.fetch_add(1, std::memory_order_relaxed);
    if (failed) errors_.fetch_add(1, std::memory_order_relaxed);
    if (begun_ns != 0) time(clock.monotonic_ns() - begun_ns);
  }

  CallFigures figures() const;

 private:
  static constexpr uint64_t all_timed = 256;

  void time(int64_t took_ns);

  std::atomic<uint64_t> calls_{0};
  std::atomic<uint64_t> ended_{0};
  std::atomic<uint64_t> errors_{0};
  std::array<std::atomic<uint64_t>, CallFigures::bounds_ns.size() + 1> latency_{};
  std::atomic<int64_t> timed_ns_{0};
};

}  // namespace trivium::units
