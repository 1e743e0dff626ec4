// What the scheduler may touch of a Runnable and nobody else.
#pragma once

#include "sched/runnable.h"

namespace trivium::sched {

class RunnableInternals {
 public:
  static RunState& state(Runnable& runnable) { return runnable.state_; }
  static Runnable*& next(Runnable& runnable) { return runnable.next_; }
  // These two only by the holder of the queue's reference.
  static uint16_t& last_worker(Runnable& runnable) { return runnable.last_worker_; }
  static bool& holds_permit(Runnable& runnable) { return runnable.holds_permit_; }
  // For the one who learned that the last reference is gone.
  static void destroy(Runnable& runnable) { delete &runnable; }
};

}  // namespace trivium::sched
