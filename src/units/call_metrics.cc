#include "units/call_metrics.h"

#include <algorithm>

namespace trivium::units {

void CallMetrics::time(int64_t took_ns) {
  const auto& bounds = CallFigures::bounds_ns;
  const auto bucket = std::lower_bound(bounds.begin(), bounds.end(), took_ns) - bounds.begin();
  latency_[static_cast<size_t>(bucket)].fetch_add(1, std::memory_order_relaxed);
  timed_ns_.fetch_add(took_ns, std::memory_order_relaxed);
}

CallFigures CallMetrics::figures() const {
  CallFigures figures;
  const uint64_t ended = ended_.load(std::memory_order_relaxed);
  figures.errors = errors_.load(std::memory_order_relaxed);
  figures.calls = calls_.load(std::memory_order_relaxed);
  figures.in_flight = figures.calls > ended ? figures.calls - ended : 0;
  for (size_t i = 0; i < latency_.size(); ++i) {
    figures.latency[i] = latency_[i].load(std::memory_order_relaxed);
    figures.timed += figures.latency[i];
  }
  figures.timed_ns = timed_ns_.load(std::memory_order_relaxed);
  return figures;
}

}  // namespace trivium::units
