#include "units/supervisor/restart_delay.h"

#include <algorithm>
#include <cmath>

namespace trivium::units {
namespace {

// Uniform in [-1, 1).
double signed_unit(Random& random) { return std::ldexp(static_cast<double>(random.next() >> 11), -52) - 1.0; }

}  // namespace

Duration restart_delay(const app::RestartPolicy& policy, int64_t n, Random& random) {
  const double factor = policy.backoff_factor < 0 ? 1.0 : policy.backoff_factor;
  const double cap = static_cast<double>(policy.max_delay.count());
  double base = static_cast<double>(policy.initial_delay.count());
  for (int64_t i = 2; i <= n; ++i) {
    const double next = std::min(base * factor, cap);
    if (next == base) break;  // and so for every further n
    base = next;
  }
  double delay = base;
  if (policy.jitter > 0) delay += base * policy.jitter * signed_unit(random);
  constexpr double longest = 9e18;  // fits 64 bits of nanoseconds
  return Duration(std::llround(std::clamp(delay, 0.0, longest)));
}

}  // namespace trivium::units
