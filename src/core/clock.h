// Time and randomness come in through these interfaces, so that tests can drive the runtime from a
// virtual clock and a seed. Implementations are thread-safe.
#pragma once

#include <chrono>
#include <cstdint>

namespace trivium {

class Clock {
 public:
  virtual ~Clock() = default;
  // Nanoseconds since the Unix epoch; may step.
  virtual int64_t wall_ns() const = 0;
  // Nanoseconds since an arbitrary start; never goes back.
  virtual int64_t monotonic_ns() const = 0;
};

class Random {
 public:
  virtual ~Random() = default;
  virtual uint64_t next() = 0;
  // Fills from the operating system's generator: keys, tokens, identifiers.
  virtual void secure_bytes(void* out, size_t count) = 0;
};

// The real ones. Live until the program ends.
const Clock& system_clock();
Random& system_random();

}  // namespace trivium
