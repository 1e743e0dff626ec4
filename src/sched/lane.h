// A bound on how many of a group of Runnables run at the same time: the workers of one host. Those in
// excess wait in the lane's own FIFO and take no worker's time; the FIFO holds each runnable at most once.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>

#include "sched/ref.h"
#include "sched/runnable_list.h"

namespace trivium::sched {

class LaneRegistry;
class Runnable;
class Scheduler;

// Thread-safe. Create with make_ref<Lane>(scheduler, limit) and pass to the Runnables' constructors, which
// keep it alive. A lane whose limit is at least the scheduler's worker count counts nothing.
class Lane final : public RefCounted {
 public:
  static constexpr size_t unlimited = SIZE_MAX;

  // A limit of 0 lets nothing run until it is raised.
  Lane(Scheduler& scheduler, size_t limit);
  ~Lane() override;

  // Not after the scheduler was destroyed. Raised: those waiting run. Lowered: nothing is interrupted; the
  // new limit governs every run that starts from now on.
  void set_limit(size_t limit);
  size_t limit() const;
  // Momentary figures; zero for a lane that counts nothing.
  size_t running() const;
  size_t waiting() const;

 private:
  friend class LaneGate;
  friend class LaneRegistry;

  bool admit_counted(Runnable& runnable);
  Runnable* leave_counted(Runnable& runnable);
  RunnableList abandon();
  RunnableList apply_limit();  // what no longer waits, to be queued

  Scheduler& scheduler_;
  const std::shared_ptr<LaneRegistry> registry_;
  std::atomic<bool> counts_;  // limit_ < worker count, as it last was
  mutable std::mutex mutex_;
  size_t limit_;
  size_t running_ = 0;    // permits handed out, to runnables running or queued to run next
  RunnableList waiting_;  // not empty only if running_ >= limit_
};

}  // namespace trivium::sched
