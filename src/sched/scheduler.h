// Runs Runnables. Scheduler is what the rest of the runtime sees; ThreadedScheduler is the real thing,
// ManualScheduler the deterministic one for simulation and tests. docs/internals/scheduler.md explains how
// it works and why no wake-up is lost.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "core/duration.h"
#include "sched/blocking_call.h"
#include "sched/runnable.h"

namespace trivium::sched {

class LaneRegistry;
class WorkerGroup;

// False where signals cannot be relied on (ThreadSanitizer defers them): Runnable::preempt() is then never
// called and whoever runs Lua counts instructions instead.
#ifdef TRIVIUM_TSAN
inline constexpr bool preempts_by_signal = false;
#else
inline constexpr bool preempts_by_signal = true;
#endif

class Scheduler {
 public:
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;
  virtual ~Scheduler();

  // Starts the workers. Once; what was woken before runs now.
  virtual void start() = 0;

  // Lets every run() in progress come back, then releases whatever is queued, in lanes too, without running
  // it. Waits for the workers, so not from a worker. Idempotent; final: later wakes are ignored.
  virtual void stop() = 0;

  // Makes `runnable` run (again). Any thread; never blocks for long, never allocates. Idle: queued, on a
  // worker in the hand-off slot, so that it tends to run next on this core. Queued already: nothing. Running:
  // runs once more afterwards. Done or stopped: nothing. Everything the caller did before is visible to the
  // run that follows. The caller must hold a reference; the queue takes its own.
  void wake(Runnable& runnable) noexcept;

  // Runs an idle object at once, on this worker and inside the run() in progress, for somebody who would
  // otherwise wake it and wait; what is left of it afterwards is queued as after any run. False, with nothing
  // done: it is not idle, this is no worker's thread, or it is inside as many runs as a stack bears.
  virtual bool run_inside(Runnable&) noexcept { return false; }

  // For what a run() does last: `call` is made on this worker's thread when the run in progress is over, if
  // the worker has nothing else to do then and another one sleeps, who takes what comes meanwhile. That
  // spares two threads waking each other. Otherwise it is left; one of both happens, also when the scheduler
  // stops. False, and neither: this is no worker's thread, it is inside a run inside another, or it has a
  // call to make.
  virtual bool block_after_run(BlockingCall&) noexcept { return false; }

  // At least 1; how many run() can be in progress at the same time.
  virtual size_t worker_count() const = 0;
  // Changes that number, where the scheduler can. Any thread; from now on: nothing is interrupted, and what a
  // worker that goes had queued moves to others.
  virtual void set_worker_count(size_t) {}
  // Is the calling thread one of this scheduler's workers?
  virtual bool on_worker() const = 0;

 protected:
  Scheduler();

  // Queues an object in state scheduled and takes over its queue reference.
  virtual void enqueue(Runnable& runnable) noexcept = 0;

  const std::shared_ptr<LaneRegistry>& lanes() const { return lanes_; }

 private:
  friend class Lane;
  std::shared_ptr<LaneRegistry> lanes_;
};

// N worker threads with work stealing. All members thread-safe.
class ThreadedScheduler final : public Scheduler {
 public:
  struct Options {
    size_t workers = 0;                              // 0: one per CPU the process may use
    Duration slice = std::chrono::milliseconds(10);  // a longer run() is pre-empted; at least 1 ms
  };

  ThreadedScheduler();
  explicit ThreadedScheduler(Options options);
  ~ThreadedScheduler() override;  // stops

  void start() override;
  void stop() override;
  size_t worker_count() const override;
  // From 1 to max_workers. After start().
  void set_worker_count(size_t workers) override;
  static constexpr size_t max_workers = 256;
  bool on_worker() const override;
  bool run_inside(Runnable& runnable) noexcept override;
  bool block_after_run(BlockingCall& call) noexcept override;
  static constexpr int max_inside = 4;  // runs one inside the other, below the outermost

  // Totals since the start, for metrics and tests. Momentary, not a consistent snapshot.
  struct Stats {
    uint64_t runs = 0;         // calls of run()
    uint64_t steals = 0;       // batches taken from another worker
    uint64_t parks = 0;        // times a worker went to sleep
    uint64_t preemptions = 0;  // signals sent
  };
  Stats stats() const;

 protected:
  void enqueue(Runnable& runnable) noexcept override;

 private:
  std::unique_ptr<WorkerGroup> group_;
};

// Runs on the thread that drives it, one Runnable at a time, the next one drawn from a seed: the same seed
// and the same program give the same order. Wakes are accepted from any thread, but only those made on the
// driving thread are deterministic. Never pre-empts.
class ManualScheduler final : public Scheduler {
 public:
  explicit ManualScheduler(uint64_t seed = 0);
  ~ManualScheduler() override;  // stops

  // Runs one of the runnables that are ready; false if there is none.
  bool run_one();
  // Runs until nothing is ready or `max_runs` runs were made; returns how many.
  size_t run_until_idle(size_t max_runs = SIZE_MAX);
  size_t ready() const;

  void start() override {}
  void stop() override;
  size_t worker_count() const override { return 1; }
  // True inside run().
  bool on_worker() const override;

 protected:
  void enqueue(Runnable& runnable) noexcept override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace trivium::sched
