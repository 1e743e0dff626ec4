#include <array>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "sched/parker.h"
#include "sched/timer_wheel.h"
#include "sched/timers.h"

namespace trivium::sched {
namespace {

int64_t now_ns() { return system_clock().monotonic_ns(); }

}  // namespace

class SystemTimers::Impl {
 public:
  TimerId at(int64_t due_ns, Task callback) {
    TimerId id;
    bool too_late_to_notice = false;
    {
      const std::lock_guard lock(mutex_);
      if (stopped_) return TimerId::none;  // the callback is destroyed after the lock is let go
      if (!thread_.joinable()) thread_ = std::thread([this] { work(); });
      id = wheel_->add(due_ns, now_ns(), std::move(callback));
      const int64_t next_ns = wheel_->next_ns();
      if (next_ns < asleep_until_ns_) {
        asleep_until_ns_ = next_ns;
        too_late_to_notice = true;
      }
    }
    if (too_late_to_notice) parker_.unpark();
    return id;
  }

  bool cancel(TimerId id) {
    Task callback;  // destroyed after the lock is let go: its captures may set timers
    const std::lock_guard lock(mutex_);
    callback = wheel_->cancel(id);
    return static_cast<bool>(callback);
  }

  size_t pending() const {
    const std::lock_guard lock(mutex_);
    return wheel_->pending();
  }

  void stop() {
    const std::lock_guard life(life_);
    std::thread thread;
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
      thread.swap(thread_);
    }
    parker_.unpark();
    if (thread.joinable()) thread.join();
    std::optional<TimerWheel> rest(std::in_place, now_ns());
    const std::lock_guard lock(mutex_);
    rest.swap(wheel_);
  }

 private:
  void work() {
    std::unique_lock lock(mutex_);
    while (!stopped_) {
      const int64_t now = now_ns();
      std::array<Task, 32> batch;
      size_t count = 0;
      for (int steps = 0; steps < 64 && count < batch.size(); ++steps) {
        if (auto task = wheel_->advance(now)) batch[count++] = std::move(*task);
      }
      const int64_t next_ns = wheel_->next_ns();
      if (count == 0 && next_ns > now) asleep_until_ns_ = next_ns;
      lock.unlock();
      for (size_t i = 0; i < count; ++i) {
        batch[i]();
        batch[i].reset();
      }
      if (count == 0 && next_ns > now) {
        if (next_ns == INT64_MAX) {
          parker_.park();
        } else {
          parker_.park_for(next_ns - now_ns());
        }
      }
      lock.lock();
      asleep_until_ns_ = INT64_MIN;
    }
  }

  mutable std::mutex mutex_;
  std::optional<TimerWheel> wheel_{std::in_place, now_ns()};
  int64_t asleep_until_ns_ = INT64_MIN;  // the earliest time for which the thread need not be woken
  bool stopped_ = false;
  std::thread thread_;
  Parker parker_;
  std::mutex life_;  // stop
};

SystemTimers::SystemTimers() : impl_(std::make_unique<Impl>()) {}
SystemTimers::~SystemTimers() { stop(); }
TimerId SystemTimers::at(int64_t monotonic_ns, Task callback) {
  return impl_->at(monotonic_ns, std::move(callback));
}
bool SystemTimers::cancel(TimerId id) { return impl_->cancel(id); }
size_t SystemTimers::pending() const { return impl_->pending(); }
void SystemTimers::stop() { impl_->stop(); }

}  // namespace trivium::sched
