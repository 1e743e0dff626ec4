#include "sched/worker_group.h"

#include "sched/lane_registry.h"
#include "sched/preemption_signal.h"
#include "sched/runnable_internals.h"

namespace trivium::sched {

WorkerGroup::WorkerGroup(size_t workers, int64_t slice_ns) : idle_(workers), watchdog_(*this, slice_ns) {
  for (size_t i = 0; i < workers; ++i) workers_.push_back(std::make_unique<Worker>(*this, i));
}

WorkerGroup::~WorkerGroup() = default;

void WorkerGroup::start() {
  const std::lock_guard lock(life_);
  if (!threads_.empty() || stopping()) return;
  if (preempts_by_signal) install_preemption_handler();
  live_threads_.store(workers_.size());
  for (const auto& worker : workers_) {
    threads_.emplace_back([this, &worker] {
      worker->work();
      live_threads_.fetch_sub(1);
      live_threads_.notify_all();
    });
  }
  watchdog_.start();
}

void WorkerGroup::stop(LaneRegistry& lanes) {
  const std::lock_guard lock(life_);
  stopping_.store(true, std::memory_order_seq_cst);
  for (const auto& worker : workers_) worker->unpark();
  // A run() in progress may need the watchdog to come back, and the watchdog needs threads that can still be
  // signalled: so wait, then end the watchdog, then join.
  for (size_t live = live_threads_.load(); live > 0; live = live_threads_.load()) live_threads_.wait(live);
  watchdog_.stop();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
  for (const auto& worker : workers_) worker->release_all();
  lanes.abandon_all().release_all();
}

void WorkerGroup::inject(Runnable& runnable) {
  size_t index = RunnableInternals::last_worker(runnable);
  if (index == Runnable::no_worker) {
    index = next_inbox_.fetch_add(1, std::memory_order_relaxed) % workers_.size();
  }
  Worker& worker = *workers_[index];
  if (!worker.inbox().push(runnable)) {
    runnable.release();  // stopped
    return;
  }
  // First the inbox, then this look: a worker does it the other way round before it sleeps.
  if (idle_.asleep(index) || (idle_.could_pick() && worker.backlog_ns() >= worth_waking_ns)) wake_one(index);
}

Worker& WorkerGroup::any_other(size_t index, uint32_t random) const {
  if (workers_.size() == 1) return *workers_[0];
  return *workers_[(index + 1 + random / 65536 % (workers_.size() - 1)) % workers_.size()];
}

uint64_t WorkerGroup::turns() const {
  uint64_t sum = 0;
  for (const auto& worker : workers_) sum += worker->turn();
  return sum;
}

void WorkerGroup::wake_one(size_t preferred) {
  if (const auto index = idle_.pick(preferred)) workers_[*index]->unpark();
}

bool WorkerGroup::work_in_sight() const {
  for (const auto& worker : workers_) {
    if (worker->inbox().size() > 0 || worker->has_stealable()) return true;
  }
  return false;
}

void WorkerGroup::recheck(const Worker& last) {
  for (size_t i = 0; i < workers_.size(); ++i) {
    if (workers_[i]->inbox().size() > 0) return wake_one(i);
  }
  if (last.backlog_ns() >= worth_waking_ns) wake_one(0);
}

ThreadedScheduler::Stats WorkerGroup::stats() const {
  ThreadedScheduler::Stats stats;
  for (const auto& worker : workers_) {
    stats.runs += (worker->turn() + 1) / 2;
    stats.steals += worker->steals();
    stats.parks += worker->parks();
  }
  stats.preemptions = watchdog_.signals_sent();
  return stats;
}

}  // namespace trivium::sched
