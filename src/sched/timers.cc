#include "sched/timers.h"

#include <algorithm>

namespace trivium::sched {

TimerId Timers::after(Duration delay, Task callback) {
  const int64_t now_ns = clock().monotonic_ns();
  const int64_t room_ns = INT64_MAX - now_ns;
  return at(now_ns + std::clamp<int64_t>(delay.count(), 0, room_ns), std::move(callback));
}

}  // namespace trivium::sched
