#include "sched/worker_group.h"

#include "sched/lane_registry.h"
#include "sched/preemption_signal.h"
#include "sched/runnable_internals.h"

namespace trivium::sched {

WorkerGroup::WorkerGroup(size_t workers, int64_t slice_ns)
    : idle_(workers, ThreadedScheduler::max_workers),
      workers_(std::make_unique<std::unique_ptr<Worker>[]>(ThreadedScheduler::max_workers)),
      threads_(std::make_unique<std::thread[]>(ThreadedScheduler::max_workers)),
      created_(workers),
      size_(workers),
      watchdog_(*this, slice_ns) {
  for (size_t i = 0; i < workers; ++i) workers_[i] = std::make_unique<Worker>(*this, i);
}

WorkerGroup::~WorkerGroup() = default;

void WorkerGroup::launch(size_t index) {
  live_threads_.fetch_add(1);
  threads_[index] = std::thread([this, worker = workers_[index].get()] {
    worker->work();
    live_threads_.fetch_sub(1);
    live_threads_.notify_all();
  });
}

void WorkerGroup::start() {
  const std::lock_guard lock(life_);
  if (started_ || stopping()) return;
  started_ = true;
  if (preempts_by_signal) install_preemption_handler();
  for (size_t i = 0; i < size(); ++i) launch(i);
  watchdog_.start();
}

bool WorkerGroup::resize(size_t workers) {
  const std::lock_guard lock(life_);
  const size_t before = size();
  if (workers == before || !started_ || stopping()) return false;
  // New ones rest until the size says otherwise, and nobody looks at them until they are counted.
  for (size_t i = created(); i < workers; ++i) {
    workers_[i] = std::make_unique<Worker>(*this, i);
    launch(i);
    created_.store(i + 1, std::memory_order_release);
  }
  {
    const std::lock_guard resting(rest_mutex_);
    size_.store(workers, std::memory_order_seq_cst);
  }
  idle_.set_workers(workers);
  wanted_.notify_all();
  // Who sleeps has to be told. First the size, then this look: a worker does it the other way round.
  for (size_t i = workers; i < before; ++i) {
    if (idle_.cancel_sleep(i)) workers_[i]->unpark();
  }
  return true;
}

void WorkerGroup::wait_until_wanted(size_t index) {
  std::unique_lock lock(rest_mutex_);
  wanted_.wait(lock, [&] { return index < size() || stopping(); });
}

void WorkerGroup::stop(LaneRegistry& lanes) {
  const std::lock_guard lock(life_);
  {
    const std::lock_guard resting(rest_mutex_);
    stopping_.store(true, std::memory_order_seq_cst);
  }
  wanted_.notify_all();
  const size_t workers = created();
  for (size_t i = 0; i < workers; ++i) workers_[i]->unpark();
  // A run() in progress may need the watchdog to come back, and the watchdog needs threads that can still be
  // signalled: so wait, then end the watchdog, then join.
  for (size_t live = live_threads_.load(); live > 0; live = live_threads_.load()) live_threads_.wait(live);
  watchdog_.stop();
  for (size_t i = 0; i < workers; ++i) {
    if (threads_[i].joinable()) threads_[i].join();
  }
  for (size_t i = 0; i < workers; ++i) workers_[i]->release_all();
  lanes.abandon_all().release_all();
}

void WorkerGroup::inject(Runnable& runnable) {
  const size_t workers = size();
  size_t index = RunnableInternals::last_worker(runnable);
  if (index >= workers) index = next_inbox_.fetch_add(1, std::memory_order_relaxed) % workers;
  const bool moved = workers_[index]->away();
  if (moved) index = (index + 1) % workers;
  if (!workers_[index]->inbox().push(runnable)) {
    // It has just gone to rest. The first one never does.
    index = 0;
    if (!workers_[index]->inbox().push(runnable)) {
      runnable.release();  // stopped
      return;
    }
  }
  const Worker& worker = *workers_[index];
  // First the inbox, then this look: a worker does it the other way round before it sleeps or blocks.
  if (idle_.asleep(index) || worker.away() || moved ||
      (idle_.could_pick() && worker.backlog_ns() >= worth_waking_ns))
    wake_one(index);
}

Worker& WorkerGroup::any_other(size_t index, uint32_t random) const {
  const size_t workers = created();
  if (workers == 1) return *workers_[0];
  return *workers_[(index + 1 + random / 65536 % (workers - 1)) % workers];
}

uint64_t WorkerGroup::turns() const {
  uint64_t sum = 0;
  for (size_t i = 0; i < created(); ++i) sum += workers_[i]->turn();
  return sum;
}

void WorkerGroup::wake_one(size_t preferred) {
  if (const auto index = idle_.pick(preferred)) workers_[*index]->unpark();
}

bool WorkerGroup::work_in_sight() const {
  for (size_t i = 0; i < created(); ++i) {
    if (workers_[i]->inbox().size() > 0 || workers_[i]->has_stealable()) return true;
  }
  return false;
}

void WorkerGroup::recheck(const Worker& last) {
  for (size_t i = 0; i < created(); ++i) {
    if (workers_[i]->inbox().size() > 0) return wake_one(i);
  }
  if (last.backlog_ns() >= worth_waking_ns) wake_one(0);
}

ThreadedScheduler::Stats WorkerGroup::stats() const {
  ThreadedScheduler::Stats stats;
  for (size_t i = 0; i < created(); ++i) {
    const Worker& worker = *workers_[i];
    stats.runs += (worker.turn() + 1) / 2;
    stats.steals += worker.steals();
    stats.parks += worker.parks();
  }
  stats.preemptions = watchdog_.signals_sent();
  return stats;
}

}  // namespace trivium::sched
