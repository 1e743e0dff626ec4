#include "units/workflows/store/store_thread.h"

#include <utility>

#include "core/clock.h"
#include "core/pause.h"

namespace trivium::units::workflows {
namespace {

// Falling asleep and being woken takes longer than many a workflow's next step. Where the next job comes
// soon, it is awaited for this long, which is a fraction of what its commit takes.
constexpr int64_t awake_ns = 50'000;
// So soon: the wake-up included.
constexpr int64_t soon_ns = 200'000;

int64_t now_ns() { return system_clock().monotonic_ns(); }

}  // namespace

StoreThread::StoreThread(std::unique_ptr<Store> store)
    : store_(std::move(store)), thread_([this] { work(); }) {}

StoreThread::~StoreThread() { stop(); }

void StoreThread::submit(Job job) {
  std::unique_lock lock(mutex_);
  if (stopping_) {
    lock.unlock();
    return job.done(fail(kind::unavailable, "the workflow store is closed"));
  }
  queue_.push_back(std::move(job));
  has_jobs_.store(true, std::memory_order_relaxed);
  const bool asleep = asleep_;
  lock.unlock();  // who wakes up needs it
  if (asleep) arrived_.notify_one();
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

std::unique_lock<std::mutex> StoreThread::wait_for_jobs() {
  const int64_t since_ns = now_ns();
  if (soon_) {
    while (!has_jobs_.load(std::memory_order_relaxed) && now_ns() - since_ns < awake_ns) pause_processor();
  }
  std::unique_lock lock(mutex_);
  while (!stopping_ && queue_.empty()) {
    asleep_ = true;
    arrived_.wait(lock);
    asleep_ = false;
  }
  soon_ = now_ns() - since_ns < soon_ns;
  return lock;
}

void StoreThread::work() {
  std::vector<Job> batch;
  for (;;) {
    {
      const std::unique_lock lock = wait_for_jobs();
      if (queue_.empty()) return;
      batch.swap(queue_);
      has_jobs_.store(false, std::memory_order_relaxed);
    }
    store_->run(batch);
    batch.clear();
  }
}

}  // namespace trivium::units::workflows
