// The thread that owns a store. Group commit: all jobs that arrive while one transaction is written go
// into the next one, so that many workflows share the cost of one wait for the disk.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "units/workflows/store/store.h"

namespace trivium::units::workflows {

// The queue has no bound of its own: every job belongs to a caller that waits for it.
class StoreThread final : public StoreQueue {
 public:
  explicit StoreThread(std::unique_ptr<Store> store);
  ~StoreThread() override;  // stops

  void submit(Job job) override;
  // Also closes the store, so that the next runtime may have it.
  void stop() override;

 private:
  void work();
  // Returns with the lock held.
  std::unique_lock<std::mutex> wait_for_jobs();

  std::unique_ptr<Store> store_;  // closed by stop()
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<Job> queue_;
  bool stopping_ = false;
  bool asleep_ = false;
  std::atomic<bool> has_jobs_{false};  // the same as !queue_.empty(), without the lock
  bool soon_ = false;                  // the last job came soon after the one before; of the thread alone
  std::thread thread_;
};

}  // namespace trivium::units::workflows
