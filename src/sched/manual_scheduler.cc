#include <atomic>
#include <mutex>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "sched/lane_registry.h"
#include "sched/run_once.h"
#include "sched/scheduler.h"

namespace trivium::sched {

class ManualScheduler::Impl {
 public:
  explicit Impl(uint64_t seed) : random_(seed) {}

  void enqueue(Runnable& runnable) {
    {
      const std::lock_guard lock(mutex_);
      if (!stopped_) {
        ready_.push_back(&runnable);
        return;
      }
    }
    runnable.release();
  }

  bool run_one() {
    Runnable* runnable = draw();
    if (runnable == nullptr) return false;
    const std::thread::id outer = running_on_.exchange(std::this_thread::get_id());
    const AfterTurn after = run_once(*runnable, [](Runnable& r) { return r.run(); });
    running_on_.store(outer);
    if (after.admitted != nullptr) enqueue(*after.admitted);
    if (after.requeued != nullptr) enqueue(*after.requeued);
    return true;
  }

  void stop(LaneRegistry& lanes) {
    std::vector<Runnable*> ready;
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
      ready.swap(ready_);
    }
    for (Runnable* runnable : ready) runnable->release();
    lanes.abandon_all().release_all();
  }

  size_t ready() const {
    const std::lock_guard lock(mutex_);
    return ready_.size();
  }
  bool on_worker() const { return running_on_.load() == std::this_thread::get_id(); }

 private:
  Runnable* draw() {
    const std::lock_guard lock(mutex_);
    if (ready_.empty()) return nullptr;
    // Not std::uniform_int_distribution: its results differ between libraries, and seeds are kept.
    std::swap(ready_[random_() % ready_.size()], ready_.back());
    Runnable* runnable = ready_.back();
    ready_.pop_back();
    return runnable;
  }

  mutable std::mutex mutex_;
  std::vector<Runnable*> ready_;  // each with the queue's reference, at most once
  bool stopped_ = false;
  std::mt19937_64 random_;
  std::atomic<std::thread::id> running_on_{};
};

ManualScheduler::ManualScheduler(uint64_t seed) : impl_(std::make_unique<Impl>(seed)) {}
ManualScheduler::~ManualScheduler() { stop(); }

bool ManualScheduler::run_one() { return impl_->run_one(); }

size_t ManualScheduler::run_until_idle(size_t max_runs) {
  size_t runs = 0;
  while (runs < max_runs && run_one()) ++runs;
  return runs;
}

size_t ManualScheduler::ready() const { return impl_->ready(); }
void ManualScheduler::stop() { impl_->stop(*lanes()); }
bool ManualScheduler::on_worker() const { return impl_->on_worker(); }
void ManualScheduler::enqueue(Runnable& runnable) noexcept { impl_->enqueue(runnable); }

}  // namespace trivium::sched
