#include "sched/scheduler.h"

#include "sched/lane_registry.h"
#include "sched/runnable_internals.h"

namespace trivium::sched {

Scheduler::Scheduler() : lanes_(std::make_shared<LaneRegistry>()) {}
Scheduler::~Scheduler() = default;

void Scheduler::wake(Runnable& runnable) noexcept {
  if (RunnableInternals::state(runnable).wake()) enqueue(runnable);
}

}  // namespace trivium::sched
