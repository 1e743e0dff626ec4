// The workers of one ThreadedScheduler and what they share.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>

#include "sched/idle_workers.h"
#include "sched/scheduler.h"
#include "sched/watchdog.h"
#include "sched/worker.h"

namespace trivium::sched {

class WorkerGroup {
 public:
  // A sleeping worker is woken when a busy one has this much queued: waking costs the waker about 5 µs and
  // takes effect only after some 30 µs, by when the busy one has got there itself.
  static constexpr int64_t worth_waking_ns = 25'000;
  // So is one when a busy worker's queue, however short, has not been empty for this long.
  static constexpr int64_t backlogged_for_ns = 100'000;

  WorkerGroup(size_t workers, int64_t slice_ns);
  ~WorkerGroup();

  void start();
  void stop(LaneRegistry& lanes);

  // False: it was this size, or does not run. From 1 to ThreadedScheduler::max_workers. Workers in excess end
  // the run in progress, hand over what they have queued and rest; their threads stay for the next growth.
  bool resize(size_t workers);

  // From a thread that is none of these workers, or one that goes to rest; takes over the queue's reference.
  void inject(Runnable& runnable);

  // --- for the workers and the watchdog ---
  // How many there are to be; those beyond rest, or are about to.
  size_t size() const { return size_.load(std::memory_order_seq_cst); }
  // How many there ever were.
  size_t created() const { return created_.load(std::memory_order_acquire); }
  Worker& worker(size_t index) const { return *workers_[index]; }
  // Another worker than `index`, in turn with `random`; itself if it is alone.
  Worker& any_other(size_t index, uint32_t random) const;
  IdleWorkers& idle() { return idle_; }
  bool stopping() const { return stopping_.load(std::memory_order_seq_cst); }
  bool all_asleep() const { return idle_.all_asleep(); }
  uint64_t turns() const;
  std::thread::native_handle_type thread(size_t index) { return threads_[index].native_handle(); }

  // Wakes a sleeping worker, best this one, unless a worker is searching anyway.
  void wake_one(size_t preferred);
  // Something a worker without work could take. Every inbox is looked at.
  bool work_in_sight() const;
  // After `last`, the last searcher, has found work: there may be more that others were not woken for.
  void recheck(const Worker& last);
  // Blocks a worker in excess until it is none or the group stops.
  void wait_until_wanted(size_t index);
  void woke_up() { watchdog_.workers_woke_up(); }

  ThreadedScheduler::Stats stats() const;

 private:
  void launch(size_t index);

  IdleWorkers idle_;
  std::atomic<bool> stopping_{false};
  std::atomic<size_t> next_inbox_{0};
  // Both as long as there may ever be workers: others look at them while more are added.
  const std::unique_ptr<std::unique_ptr<Worker>[]> workers_;
  const std::unique_ptr<std::thread[]> threads_;
  std::atomic<size_t> created_;
  std::atomic<size_t> size_;
  bool started_ = false;
  std::atomic<size_t> live_threads_{0};
  Watchdog watchdog_;
  std::mutex life_;  // start, resize and stop
  std::mutex rest_mutex_;
  std::condition_variable wanted_;  // size_ or stopping_ changed
};

}  // namespace trivium::sched
