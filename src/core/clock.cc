#include "core/clock.h"

#include <sys/random.h>

#include <cerrno>
#include <cstdlib>
#include <random>

namespace trivium {
namespace {

class SystemClock final : public Clock {
 public:
  int64_t wall_ns() const override {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
  }
  int64_t monotonic_ns() const override {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
  }
};

class SystemRandom final : public Random {
 public:
  uint64_t next() override {
    thread_local std::mt19937_64 engine{[this] {
      uint64_t seed = 0;
      secure_bytes(&seed, sizeof seed);
      return seed;
    }()};
    return engine();
  }
  void secure_bytes(void* out, size_t count) override {
    auto* bytes = static_cast<char*>(out);
    while (count > 0) {
      const ssize_t got = getrandom(bytes, count, 0);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) std::abort();  // a kernel without getrandom cannot run this program
      bytes += got;
      count -= static_cast<size_t>(got);
    }
  }
};

}  // namespace

const Clock& system_clock() {
  static const SystemClock clock;
  return clock;
}

Random& system_random() {
  static SystemRandom random;
  return random;
}

}  // namespace trivium
