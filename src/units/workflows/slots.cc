#include "units/workflows/slots.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace trivium::units::workflows {

Slots::Slots(size_t most, double per_second, sched::Timers& timers)
    : most_(most),
      interval_ns_(per_second > 0 ? static_cast<int64_t>(std::min(1e9 / per_second, 9e18)) : 0),
      timers_(timers) {}

// With the lock held: takes a place, if there is one and it is time.
bool Slots::may_begin() {
  if (closed_ || held_ >= most_) return false;
  if (interval_ns_ != 0) {
    const int64_t now = timers_.clock().monotonic_ns();
    if (now < next_ns_) {
      if (!std::exchange(armed_, true)) {
        timers_.at(next_ns_, [weak = weak_from_this()] {
          const std::shared_ptr<Slots> slots = weak.lock();
          if (!slots) return;
          {
            const std::lock_guard lock(slots->mutex_);
            slots->armed_ = false;
          }
          slots->grant();
        });
      }
      return false;
    }
    next_ns_ = now + interval_ns_;  // what was not used, or came late, is nobody's credit
  }
  ++held_;
  return true;
}

std::shared_ptr<Slots::Slot> Slots::take(std::function<void()> ready) {
  auto slot = std::make_shared<Slot>(shared_from_this(), std::move(ready));
  std::function<void()> forgotten;  // who holds the slot may be what it keeps alive
  const std::lock_guard lock(mutex_);
  while (!queue_.empty() && queue_.front().expired()) queue_.pop_front();
  if (queue_.empty() && may_begin()) {
    slot->held_ = true;
    forgotten = std::move(slot->ready_);
  } else if (closed_) {
    forgotten = std::move(slot->ready_);
  } else {
    queue_.push_back(slot);
  }
  return slot;
}

void Slots::grant() {
  std::vector<std::function<void()>> told;
  {
    // Kept until the lock is gone: the last reference would want it.
    std::vector<std::shared_ptr<Slot>> served;
    const std::unique_lock lock(mutex_);
    while (!queue_.empty()) {
      std::shared_ptr<Slot> next = queue_.front().lock();
      if (next && !may_begin()) {
        served.push_back(std::move(next));
        break;
      }
      queue_.pop_front();
      if (!next) continue;
      next->held_ = true;
      told.push_back(std::move(next->ready_));
      served.push_back(std::move(next));
    }
  }
  for (const std::function<void()>& ready : told) ready();
}

void Slots::Slot::give_back() {
  std::function<void()> forgotten;
  {
    const std::lock_guard lock(slots_->mutex_);
    forgotten = std::move(ready_);
    if (!std::exchange(held_, false)) return;
    if (--slots_->held_ == 0) slots_->freed_.notify_all();
    if (slots_->queue_.empty()) return;
  }
  slots_->grant();
}

bool Slots::Slot::held() const {
  const std::lock_guard lock(slots_->mutex_);
  return held_;
}

size_t Slots::room() const {
  const std::lock_guard lock(mutex_);
  if (closed_) return 0;
  const size_t taken = held_ + queue_.size();
  const size_t free = taken < most_ ? most_ - taken : 0;
  if (interval_ns_ == 0) return free;
  const auto soon = static_cast<size_t>(std::max<int64_t>(1, 1000000000 / interval_ns_));
  return std::min(free, queue_.size() < soon ? soon - queue_.size() : 0);
}

void Slots::close() {
  std::vector<std::function<void()>> forgotten;
  std::vector<std::shared_ptr<Slot>> waiting;  // kept until the lock is gone, as in grant()
  const std::lock_guard lock(mutex_);
  closed_ = true;
  for (const std::weak_ptr<Slot>& queued : std::exchange(queue_, {})) {
    if (std::shared_ptr<Slot> slot = queued.lock()) {
      forgotten.push_back(std::move(slot->ready_));
      waiting.push_back(std::move(slot));
    }
  }
}

bool Slots::closed() const {
  const std::lock_guard lock(mutex_);
  return closed_;
}

bool Slots::wait_until_free(Duration patience) {
  std::unique_lock lock(mutex_);
  return freed_.wait_for(lock, patience, [this] { return held_ == 0; });
}

}  // namespace trivium::units::workflows
