// The thread that owns a store. Group commit: all jobs that arrive while one transaction is written go
// into the next one, so that many workflows share the cost of one wait for the disk.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "sched/scheduler.h"
#include "units/workflows/store/store.h"

namespace trivium::units::workflows {

// The queue has no bound of its own: every job belongs to a caller that waits for it.
//
// A job that ends its caller's turn is done on the caller's thread, if the scheduler has no other use for
// it: with one workflow after another at work, waking the store's thread and being woken by it would take as
// long as half a wait for a quick disk.
class StoreThread final : public StoreQueue, private sched::BlockingCall {
 public:
  // `scheduler`: of the workers that may work on the store, too; outlives this. Null: none of them does.
  explicit StoreThread(std::unique_ptr<Store> store, sched::Scheduler* scheduler = nullptr);
  ~StoreThread() override;  // stops

  void submit(Job job) override;
  // Also closes the store, so that the next runtime may have it.
  void stop() override;

 private:
  void make() noexcept override;
  void leave() noexcept override;
  void work();
  // Runs what is queued; with the lock, which is let go meanwhile.
  void run_queued(std::unique_lock<std::mutex>& lock);

  std::unique_ptr<Store> store_;  // closed by stop()
  sched::Scheduler* const scheduler_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<Job> queue_;
  std::vector<Job> batch_;  // of whoever is at work
  bool stopping_ = false;
  bool asleep_ = false;       // the thread
  bool taken_ = false;        // somebody is at work, or a worker will be
  int64_t usual_run_ns_ = 0;  // about as long as the last runs took
  std::thread thread_;
};

}  // namespace trivium::units::workflows
