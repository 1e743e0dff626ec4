// A call that waits for something outside the process, such as the disk. See Scheduler::block_after_run.
#pragma once

namespace trivium::sched {

class BlockingCall {
 public:
  // Makes it, on a worker's thread. May wake Runnables.
  virtual void make() noexcept = 0;
  // Somebody else has to make it, on another thread. Must not block.
  virtual void leave() noexcept = 0;

 protected:
  ~BlockingCall() = default;
};

}  // namespace trivium::sched
