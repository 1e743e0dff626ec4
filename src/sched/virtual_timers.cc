#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "sched/timers.h"

namespace trivium::sched {

class VirtualTimers::Impl {
 public:
  Impl(int64_t wall_ns, int64_t monotonic_ns) : clock_(wall_ns, monotonic_ns) {}

  TimerId at(int64_t due_ns, Task callback) {
    const std::lock_guard lock(mutex_);
    const uint64_t id = ++last_id_;
    due_ns = std::max(due_ns, clock_.monotonic_ns());
    pending_.emplace(Key{due_ns, id}, std::move(callback));
    due_of_.emplace(id, due_ns);
    return static_cast<TimerId>(id);
  }

  bool cancel(TimerId id) {
    Task callback;  // destroyed after the lock is let go: its captures may set timers
    const std::lock_guard lock(mutex_);
    const auto found = due_of_.find(static_cast<uint64_t>(id));
    if (found == due_of_.end()) return false;
    callback = std::move(pending_.extract(Key{found->second, found->first}).mapped());
    due_of_.erase(found);
    return true;
  }

  size_t pending() const {
    const std::lock_guard lock(mutex_);
    return pending_.size();
  }

  const Clock& clock() const { return clock_; }

  size_t advance(Duration delta) {
    const int64_t now_ns = clock_.monotonic_ns();
    const int64_t until_ns = now_ns + std::clamp<int64_t>(delta.count(), 0, INT64_MAX - now_ns);
    size_t ran = 0;
    while (run_next(until_ns)) ++ran;
    clock_.move_to(until_ns);
    return ran;
  }

  void skip(Duration delta) { clock_.move_to(clock_.monotonic_ns() + delta.count()); }

  void step_wall(Duration by) { clock_.step_wall(by.count()); }

  // Runs the earliest timer if it is due by then.
  bool run_next(int64_t until_ns) {
    Task callback;
    {
      const std::lock_guard lock(mutex_);
      const auto first = pending_.begin();
      if (first == pending_.end() || first->first.first > until_ns) return false;
      clock_.move_to(std::max(first->first.first, clock_.monotonic_ns()));
      callback = std::move(first->second);
      due_of_.erase(first->first.second);
      pending_.erase(first);
    }
    callback();
    return true;
  }

 private:
  class VirtualClock final : public Clock {
   public:
    VirtualClock(int64_t wall_ns, int64_t monotonic_ns)
        : offset_ns_(wall_ns - monotonic_ns), now_ns_(monotonic_ns) {}
    int64_t wall_ns() const override { return now_ns_.load() + offset_ns_.load(); }
    int64_t monotonic_ns() const override { return now_ns_.load(); }
    void move_to(int64_t now_ns) { now_ns_.store(now_ns); }
    void step_wall(int64_t by_ns) { offset_ns_.fetch_add(by_ns); }

   private:
    std::atomic<int64_t> offset_ns_;
    std::atomic<int64_t> now_ns_;
  };

  using Key = std::pair<int64_t, uint64_t>;  // due time, then the order of setting

  VirtualClock clock_;
  mutable std::mutex mutex_;
  std::map<Key, Task> pending_;
  std::unordered_map<uint64_t, int64_t> due_of_;
  uint64_t last_id_ = 0;
};

VirtualTimers::VirtualTimers(int64_t wall_ns, int64_t monotonic_ns)
    : impl_(std::make_unique<Impl>(wall_ns, monotonic_ns)) {}
VirtualTimers::~VirtualTimers() = default;
TimerId VirtualTimers::at(int64_t monotonic_ns, Task callback) {
  return impl_->at(monotonic_ns, std::move(callback));
}
bool VirtualTimers::cancel(TimerId id) { return impl_->cancel(id); }
size_t VirtualTimers::pending() const { return impl_->pending(); }
const Clock& VirtualTimers::clock() const { return impl_->clock(); }
void VirtualTimers::skip(Duration delta) { impl_->skip(delta); }
void VirtualTimers::step_wall(Duration by) { impl_->step_wall(by); }
size_t VirtualTimers::advance(Duration delta) { return impl_->advance(delta); }
bool VirtualTimers::advance_to_next() { return impl_->run_next(INT64_MAX); }

}  // namespace trivium::sched
