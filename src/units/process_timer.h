// A timer of one process: time.sleep, after, timer, ticker.
#pragma once

#include <atomic>
#include <memory>

#include "core/duration.h"
#include "lua/command.h"
#include "sched/ref.h"
#include "sched/timers.h"

namespace trivium::units {

class Process;

// Shared by the process and the timer queue. start and stop from the process's thread; firing on the
// timer thread.
class ProcessTimer : public std::enable_shared_from_this<ProcessTimer> {
 public:
  static std::shared_ptr<ProcessTimer> start(Process& process, lua::OpId op, Duration delay, bool periodic);

  // No reply comes any more, but for one on its way already.
  void stop();
  bool stop_if(lua::OpId op) {
    if (op != op_) return false;
    stop();
    return true;
  }
  // Whether a reply to `op` was this timer's last.
  bool finished(lua::OpId op) const { return op == op_ && !periodic_; }

 private:
  ProcessTimer(Process& process, lua::OpId op, Duration period, bool periodic);
  void arm();
  void fire();

  const sched::Ref<Process> process_;
  const lua::OpId op_;
  const Duration period_;
  const bool periodic_;
  int64_t due_ns_ = 0;
  std::atomic<bool> stopped_{false};
  std::atomic<sched::TimerId> armed_{sched::TimerId::none};
};

}  // namespace trivium::units
