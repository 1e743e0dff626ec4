#include "units/workflows/store/store_thread.h"

#include <utility>

namespace trivium::units::workflows {

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
  lock.unlock();  // who wakes up needs it
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

void StoreThread::work() {
  std::vector<Job> batch;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      arrived_.wait(lock, [&] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      batch.swap(queue_);
    }
    store_->run(batch);
    batch.clear();
  }
}

}  // namespace trivium::units::workflows
