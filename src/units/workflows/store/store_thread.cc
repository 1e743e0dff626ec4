#include "units/workflows/store/store_thread.h"

#include <utility>

#include "core/clock.h"

namespace trivium::units::workflows {
namespace {

// A worker waits for a store no longer than this, usually. What is slower is worth another thread.
constexpr int64_t quick_ns = 500'000;

}  // namespace

StoreThread::StoreThread(std::unique_ptr<Store> store, sched::Scheduler* scheduler)
    : store_(std::move(store)), scheduler_(scheduler), thread_([this] { work(); }) {}

StoreThread::~StoreThread() { stop(); }

void StoreThread::submit(Job job) {
  std::unique_lock lock(mutex_);
  if (stopping_) {
    lock.unlock();
    return job.done(fail(kind::unavailable, "the workflow store is closed"));
  }
  const bool ends_turn = job.ends_turn;
  queue_.push_back(std::move(job));
  if (taken_) return;  // whoever it is looks again
  const bool quick = usual_run_ns_ < quick_ns && !store_->untidy();
  if (ends_turn && scheduler_ != nullptr && quick && scheduler_->block_after_run(*this)) {
    taken_ = true;
    return;
  }
  const bool asleep = asleep_;
  lock.unlock();  // who wakes up needs it
  if (asleep) arrived_.notify_one();
}

void StoreThread::make() noexcept {
  std::unique_lock lock(mutex_);
  run_queued(lock);
  taken_ = false;
  // What has come meanwhile and what takes long are the thread's: this worker has the callbacks' work to do.
  if (stopping_ || !queue_.empty() || store_->untidy()) arrived_.notify_one();
}

void StoreThread::leave() noexcept {
  const std::lock_guard lock(mutex_);
  taken_ = false;
  arrived_.notify_one();
}

void StoreThread::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    arrived_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
  store_.reset();
}

void StoreThread::run_queued(std::unique_lock<std::mutex>& lock) {
  batch_.swap(queue_);
  lock.unlock();
  const int64_t since_ns = system_clock().monotonic_ns();
  store_->run(batch_);
  batch_.clear();
  const int64_t took_ns = system_clock().monotonic_ns() - since_ns;
  lock.lock();
  usual_run_ns_ += (took_ns - usual_run_ns_) / 8;
}

void StoreThread::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    while (taken_ || (!stopping_ && queue_.empty() && !store_->untidy())) {
      asleep_ = true;
      arrived_.wait(lock);
      asleep_ = false;
    }
    if (stopping_ && queue_.empty()) return;
    taken_ = true;
    if (!queue_.empty()) run_queued(lock);
    if (store_->untidy()) {
      lock.unlock();
      store_->tidy();
      lock.lock();
    }
    taken_ = false;
  }
}

}  // namespace trivium::units::workflows
