// The scheduler's side of a Lane: asked around every run(), so the path of a lane that counts nothing is
// inline and free of writes.
#pragma once

#include "sched/lane.h"
#include "sched/runnable_internals.h"

namespace trivium::sched {

class LaneGate {
 public:
  // May `runnable`, just taken out of a queue, run now? If not, it waits in its lane, which has taken over
  // the queue's reference.
  static bool admit(Runnable& runnable) {
    Lane* lane = runnable.lane();
    if (lane == nullptr || RunnableInternals::holds_permit(runnable)) return true;
    return !lane->counts_.load(std::memory_order_acquire) || lane->admit_counted(runnable);
  }

  // After its run(). The result, if any, was waiting, has been given the permit and is to be queued.
  static Runnable* leave(Runnable& runnable) {
    return RunnableInternals::holds_permit(runnable) ? runnable.lane()->leave_counted(runnable) : nullptr;
  }
};

}  // namespace trivium::sched
