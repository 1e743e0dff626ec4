#include "units/process_timer.h"

#include "units/node.h"
#include "units/process.h"

namespace trivium::units {

ProcessTimer::ProcessTimer(Process& process, lua::OpId op, Duration period, bool periodic)
    : process_(&process), op_(op), period_(period), periodic_(periodic) {}

std::shared_ptr<ProcessTimer> ProcessTimer::start(Process& process, lua::OpId op, Duration delay,
                                                  bool periodic) {
  struct Made : ProcessTimer {
    Made(Process& p, lua::OpId o, Duration d, bool r) : ProcessTimer(p, o, d, r) {}
  };
  std::shared_ptr<ProcessTimer> timer = std::make_shared<Made>(process, op, delay, periodic);
  timer->due_ns_ = process.node().timers().clock().monotonic_ns();
  timer->arm();
  return timer;
}

// Due times follow from the start, so that a ticker does not drift with the time its ticks take.
void ProcessTimer::arm() {
  due_ns_ += period_.count();
  sched::Timers& timers = process_->node().timers();
  armed_.store(timers.at(due_ns_, [self = shared_from_this()] { self->fire(); }));
  // Stopped meanwhile by another thread, which cancelled the tick before.
  if (stopped_.load()) timers.cancel(armed_.load());
}

void ProcessTimer::stop() {
  stopped_.store(true);
  process_->node().timers().cancel(armed_.load());
}

void ProcessTimer::fire() {
  if (stopped_.load()) return;
  const bool alive = process_->post(ReplyEnvelope{op_, lua::Reply::of(process_->node().clock().wall_ns())});
  if (periodic_ && alive) arm();
}

}  // namespace trivium::units
