#include "sched/blocking_pool.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <list>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace trivium::sched {

class BlockingPool::Impl {
 public:
  explicit Impl(Options options) : options_(options) {
    options_.max_threads = std::max<size_t>(options_.max_threads, 1);
  }

  bool submit(Task task) {
    const std::lock_guard lock(mutex_);
    if (closed_) return false;
    queue_.push_back(std::move(task));
    // An idle thread that was notified but has not come round yet is spoken for by a task in the queue.
    if (idle_ >= queue_.size() || threads_.size() == options_.max_threads) {
      more_.notify_one();
      return true;
    }
    for (std::thread& thread : ended_) thread.join();  // over but for the last instructions
    ended_.clear();
    return start_thread();
  }

  void shutdown() {
    const std::lock_guard life(life_);
    std::unique_lock lock(mutex_);
    closed_ = true;
    more_.notify_all();
    all_ended_.wait(lock, [this] { return threads_.empty(); });
    std::vector<std::thread> ended = std::move(ended_);
    ended_.clear();
    lock.unlock();
    for (std::thread& thread : ended) thread.join();
  }

  size_t threads() const {
    const std::lock_guard lock(mutex_);
    return threads_.size();
  }
  size_t idle() const {
    const std::lock_guard lock(mutex_);
    return idle_;
  }
  size_t queued() const {
    const std::lock_guard lock(mutex_);
    return queue_.size();
  }

 private:
  using Threads = std::list<std::thread>;

  // False, with the newest task dropped, if the system has no thread to give and none is there to run it.
  bool start_thread() {
    const auto self = threads_.emplace(threads_.end());
    try {
      *self = std::thread([this, self] { work(self); });
    } catch (const std::system_error&) {
      threads_.erase(self);
      if (!threads_.empty()) return true;
      queue_.pop_back();
      return false;
    }
    return true;
  }

  void work(Threads::iterator self) {
    std::unique_lock lock(mutex_);
    while (wait_for_task(lock)) {
      Task task = std::move(queue_.front());
      queue_.pop_front();
      lock.unlock();
      task();
      task.reset();
      lock.lock();
    }
    ended_.push_back(std::move(*self));
    threads_.erase(self);
    // With the lock held: once it is free, the pool may be gone.
    if (threads_.empty()) all_ended_.notify_all();
  }

  // False if there is nothing to do for too long, or ever again.
  bool wait_for_task(std::unique_lock<std::mutex>& lock) {
    ++idle_;
    more_.wait_for(lock, options_.idle_timeout, [this] { return closed_ || !queue_.empty(); });
    --idle_;
    return !queue_.empty();
  }

  Options options_;
  mutable std::mutex mutex_;
  std::condition_variable more_;
  std::condition_variable all_ended_;
  std::deque<Task> queue_;
  size_t idle_ = 0;  // threads waiting in wait_for_task()
  Threads threads_;
  std::vector<std::thread> ended_;  // to be joined
  bool closed_ = false;
  std::mutex life_;  // shutdown
};

BlockingPool::BlockingPool() : BlockingPool(Options()) {}
BlockingPool::BlockingPool(Options options) : impl_(std::make_unique<Impl>(options)) {}
BlockingPool::~BlockingPool() { shutdown(); }
bool BlockingPool::submit(Task task) { return impl_->submit(std::move(task)); }
void BlockingPool::shutdown() { impl_->shutdown(); }
size_t BlockingPool::threads() const { return impl_->threads(); }
size_t BlockingPool::idle() const { return impl_->idle(); }
size_t BlockingPool::queued() const { return impl_->queued(); }

}  // namespace trivium::sched
