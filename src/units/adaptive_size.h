// How many workers an adaptive pool has: it grows while calls wait although all workers are busy, and shrinks
// after it has been half idle for a while.
#pragma once

#include <cstddef>

#include "core/duration.h"

namespace trivium::units {

// Not thread-safe.
class AdaptiveSize {
 public:
  // Time between two evaluations.
  static constexpr Duration interval = std::chrono::milliseconds(500);

  explicit AdaptiveSize(size_t most) : most_(most) {}

  size_t workers() const { return workers_; }
  // `active` calls run, `waiting` wait; `peak` is the most that ran at once since the last evaluation.
  void evaluate(size_t active, size_t peak, size_t waiting);
  // Nothing changes any more until a call has to wait.
  bool at_rest(size_t active, size_t waiting) const;

 private:
  const size_t most_;
  size_t workers_ = 1;
  int quiet_ = 0;  // evaluations in a row that found less than half of the workers busy
};

}  // namespace trivium::units
