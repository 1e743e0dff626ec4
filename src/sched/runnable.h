// What a worker runs: an actor, a call in a pool, a workflow task. Derive, implement run(), create it with
// make_ref<T>(…) and wake it through its Scheduler.
#pragma once

#include <cstddef>
#include <cstdint>

#include "sched/lane.h"
#include "sched/ref.h"
#include "sched/run_state.h"

namespace trivium::sched {

enum class Outcome {
  idle,   // park; run again after the next wake (a wake during this run counts)
  again,  // more to do, but the slice is over: queue at the tail
  done,   // never run again; later wakes are ignored
};

class Runnable {
 public:
  static constexpr uint16_t no_worker = UINT16_MAX;

  Runnable(const Runnable&) = delete;
  Runnable& operator=(const Runnable&) = delete;

  // Does a slice of work. Called on a worker, by at most one thread at a time; whatever a waker did before
  // its wake is visible. Must not block, must not throw.
  virtual Outcome run() = 0;

  // The same inside the run() of another, which waits for it: see Scheduler::run_inside.
  virtual Outcome run_inside() { return run(); }

  // Asks the run() in progress to come back soon with Outcome::again. Called from a signal handler on the
  // thread that is inside run(), so only what is async-signal-safe is allowed. Repeated every slice for as
  // long as run() goes on. Never called outside run(); never called where !preempts_by_signal.
  virtual void preempt() noexcept {}

  // Its turn comes after `turns` more: while many wait, called for 3, 2 and 1 on the worker that is about to
  // run it, to ask for what run() will use (core/fetch.h). By then what was asked for the time before, at
  // first the object itself, is likely to be in the cache. Any of these calls may be left out.
  virtual void fetch_ahead(size_t /*turns*/) noexcept {}

  // Reference counting, thread-safe; normally through Ref. A queued or running object is kept alive by the
  // scheduler. The last release destroys the object on the releasing thread.
  void retain() noexcept { state_.retain(); }
  void release() noexcept {
    if (state_.release()) delete this;
  }

  // Null: bounded by nothing but the number of workers. Fixed for life.
  Lane* lane() const { return lane_.get(); }
  RunState::State state() const { return state_.state(); }

 protected:
  explicit Runnable(Ref<Lane> lane = nullptr);
  virtual ~Runnable();

 private:
  friend class RunnableInternals;

  RunState state_;
  Runnable* next_ = nullptr;  // in the one intrusive list it is in
  Ref<Lane> lane_;
  // Both belong to whoever holds the queue's reference.
  uint16_t last_worker_ = no_worker;
  bool holds_permit_ = false;
};

}  // namespace trivium::sched
