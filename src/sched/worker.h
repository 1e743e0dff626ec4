// One thread that runs Runnables: from its hand-off slot, its own queue, its inbox, or what it steals.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "sched/blocking_call.h"
#include "sched/inbox.h"
#include "sched/local_queue.h"
#include "sched/parker.h"
#include "sched/runnable.h"

namespace trivium::sched {

class WorkerGroup;

class Worker {
 public:
  Worker(WorkerGroup& group, size_t index);

  // The worker whose thread this is, or null.
  static Worker* current() { return current_; }
  WorkerGroup& group() const { return group_; }

  // The thread's body. Returns when the group stops. While the group has no place for it, it rests.
  void work();

  // --- for the worker's own thread ---
  // Takes over the queue's reference: into the hand-off slot; what was there goes to the queue.
  void hand_off(Runnable& runnable);
  // See Scheduler::run_inside.
  bool run_inside(Runnable& runnable);
  // See Scheduler::block_after_run.
  bool block_after_run(BlockingCall& call);
  // What the signal handler calls: passes on a pre-emption if it is meant for the run in progress.
  void preempt_current() noexcept;

  // --- for any thread ---
  Inbox& inbox() { return inbox_; }
  void unpark() { parker_.unpark(); }
  // The time this worker needs for what it has queued, judged by its recent runs.
  int64_t backlog_ns() const;
  // Anything but the run in progress.
  bool has_backlog() const;
  // Would steal_from() find something besides the inbox?
  bool has_stealable() const;
  // Does it make a call that blocks? Then others have to look after what comes for it.
  bool away() const { return away_.load(std::memory_order_seq_cst); }
  // Has the watchdog declared the run in progress stuck?
  bool stuck() const { return turn() == stuck_turn_.load(std::memory_order_relaxed); }
  // Counts up at the start and at the end of each run(): odd while one is in progress.
  uint64_t turn() const { return turn_.load(std::memory_order_relaxed); }
  // The watchdog's verdict: `turn` has lasted so long that others may take the hand-off slot as well.
  void declare_stuck(uint64_t turn) { stuck_turn_.store(turn, std::memory_order_relaxed); }
  // Says which run the signal that follows is meant for.
  void request_preemption(uint64_t turn) { preempt_turn_.store(turn, std::memory_order_relaxed); }
  uint64_t steals() const { return steals_.load(std::memory_order_relaxed); }
  uint64_t parks() const { return parks_.load(std::memory_order_relaxed); }

  // Once the thread has ended or before it started: gives up everything queued, unrun.
  void release_all();

 private:
  Runnable* next();
  Runnable* next_from_slot();
  Runnable* next_from_queue();
  bool slot_time_is_over();
  // The first of up to `max` from an inbox; the others go to the queue.
  Runnable* next_from_inbox(Inbox& inbox, size_t max);
  Runnable* search();
  Runnable* steal_from(Worker& victim);
  void push_back(Runnable& runnable);
  [[gnu::always_inline]] inline void run(Runnable& runnable);
  void make_call();
  void park();
  bool surplus() const;
  void rest();
  // Keep the estimate of how long a run takes, at the cost of one look at the clock every `check_every` runs.
  void start_measuring();
  void stop_measuring();
  // Every `check_every` runs.
  void check();

  static constexpr uint32_t check_every = 61;  // runs between looks at the inboxes
  // So long those that wake each other in turn go before those that wait in the queue.
  static constexpr int64_t slot_time_ns = 1'000'000;
  static constexpr uint32_t slot_uses_a_look = 16;
  static constexpr uint64_t no_turn = UINT64_MAX;
  static constexpr size_t inbox_batch = 128;
  // With more waiting, what one of them uses may have left the caches by the time its turn comes again: it is
  // fetched so many turns ahead.
  static constexpr size_t fetch_from = 6;
  static constexpr size_t turns_ahead = 4;
  static constexpr size_t object_size = 256;  // what a run uses of a Runnable itself, about
  static constexpr int search_rounds = 4;

  static constinit thread_local Worker* current_;

  WorkerGroup& group_;
  const uint16_t index_;
  LocalQueue queue_;

  // Written by the owner alone, save that a thief may empty the slot of a stuck worker.
  alignas(64) std::atomic<Runnable*> slot_{nullptr};
  std::atomic<uint64_t> turn_{0};
  std::atomic<Runnable*> running_{nullptr};  // of the innermost run in progress; for the signal handler
  int inside_ = 0;                           // runs in progress besides the outermost
  BlockingCall* call_ = nullptr;             // to be made after the run in progress
  std::atomic<bool> away_{false};
  uint32_t slot_uses_ = 0;  // in a row
  int64_t slot_since_ns_ = 0;
  uint32_t runs_ = 0;  // since the last look at the inboxes
  bool searching_ = false;
  uint32_t random_;
  int64_t measuring_since_ = 0;
  int64_t backlogged_since_ns_ = 0;  // no look at the clock has found the queue empty since
  int64_t measured_ns_ = 0;          // spent on the last runs_ runs, but for the time since measuring_since_
  std::atomic<int64_t> average_run_ns_{2'000};
  std::atomic<uint64_t> steals_{0};
  std::atomic<uint64_t> parks_{0};

  // Written by others.
  alignas(64) Inbox inbox_;
  Parker parker_;
  std::atomic<uint64_t> stuck_turn_{no_turn};
  std::atomic<uint64_t> preempt_turn_{no_turn};
};

}  // namespace trivium::sched
