// What threads that are no workers, and a worker whose own queue is full, leave for a worker. It has no bound
// but the number of runnables there are: each is in at most one queue, linked through itself.
#pragma once

#include <atomic>
#include <cstddef>
#include <mutex>

#include "sched/runnable_list.h"

namespace trivium::sched {

// Thread-safe.
class Inbox {
 public:
  // False, with nothing taken over, once closed.
  bool push(Runnable& runnable) {
    const std::lock_guard lock(mutex_);
    if (closed_) return false;
    list_.push_back(runnable);
    publish();
    return true;
  }
  // Leaves `batch` as it is once closed.
  void push(RunnableList& batch) {
    const std::lock_guard lock(mutex_);
    if (closed_) return;
    list_.append(batch);
    publish();
  }
  // Moves up to `max` of the oldest behind those in `out`.
  void take(size_t max, RunnableList& out) {
    const std::lock_guard lock(mutex_);
    for (; max > 0 && !list_.empty(); --max) out.push_back(*list_.pop_front());
    publish();
  }
  // From now on nothing can be pushed. Returns what was there.
  RunnableList close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    RunnableList rest(std::move(list_));
    publish();
    return rest;
  }

  // Undoes close().
  void open() {
    const std::lock_guard lock(mutex_);
    closed_ = false;
  }

  // Sequentially consistent with a worker's announcement that it goes to sleep: see IdleWorkers.
  size_t size() const { return size_.load(std::memory_order_seq_cst); }

 private:
  void publish() { size_.store(list_.size(), std::memory_order_seq_cst); }

  std::mutex mutex_;
  RunnableList list_;
  bool closed_ = false;
  std::atomic<size_t> size_{0};
};

}  // namespace trivium::sched
