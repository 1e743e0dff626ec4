#include "units/supervisor/strand.h"

#include <utility>

namespace trivium::units {

void Strand::post(std::function<void()> task) {
  std::unique_lock lock(mutex_);
  if (closed_) {
    lock.unlock();  // the task is destroyed without the lock: its captures may post
    return;
  }
  queue_.push_back(std::move(task));
  if (busy_) return;
  busy_ = true;
  while (!queue_.empty()) {
    {
      const std::function<void()> next = std::move(queue_.front());
      queue_.pop_front();
      lock.unlock();
      next();
    }
    lock.lock();
  }
  busy_ = false;
  idle_.notify_all();
}

void Strand::close() {
  std::deque<std::function<void()>> dropped;  // destroyed without the lock
  std::unique_lock lock(mutex_);
  closed_ = true;
  dropped.swap(queue_);
  idle_.wait(lock, [this] { return !busy_; });
}

}  // namespace trivium::units
