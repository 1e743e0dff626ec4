#include <sched.h>

#include <algorithm>

#include "sched/lane_registry.h"
#include "sched/scheduler.h"
#include "sched/worker_group.h"

namespace trivium::sched {
namespace {

size_t usable_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) return static_cast<size_t>(std::max(1, CPU_COUNT(&set)));
  return std::max(1U, std::thread::hardware_concurrency());
}

size_t worker_count_of(const ThreadedScheduler::Options& options) {
  const size_t wanted = options.workers > 0 ? options.workers : usable_cpus();
  return std::min(wanted, ThreadedScheduler::max_workers);
}

}  // namespace

ThreadedScheduler::ThreadedScheduler() : ThreadedScheduler(Options()) {}

ThreadedScheduler::ThreadedScheduler(Options options)
    : group_(std::make_unique<WorkerGroup>(worker_count_of(options),
                                           std::max<int64_t>(options.slice.count(), 1'000'000))) {}

ThreadedScheduler::~ThreadedScheduler() { stop(); }

void ThreadedScheduler::start() { group_->start(); }
void ThreadedScheduler::stop() { group_->stop(*lanes()); }
size_t ThreadedScheduler::worker_count() const { return group_->size(); }

void ThreadedScheduler::set_worker_count(size_t workers) {
  if (!group_->resize(std::clamp<size_t>(workers, 1, max_workers))) return;
  RunnableList ready = lanes()->worker_count_changed();
  while (Runnable* runnable = ready.pop_front()) enqueue(*runnable);
}

ThreadedScheduler::Stats ThreadedScheduler::stats() const { return group_->stats(); }

bool ThreadedScheduler::on_worker() const {
  const Worker* worker = Worker::current();
  return worker != nullptr && &worker->group() == group_.get();
}

bool ThreadedScheduler::run_inside(Runnable& runnable) noexcept {
  return on_worker() && Worker::current()->run_inside(runnable);
}

bool ThreadedScheduler::block_after_run(BlockingCall& call) noexcept {
  return on_worker() && Worker::current()->block_after_run(call);
}

void ThreadedScheduler::enqueue(Runnable& runnable) noexcept {
  Worker* worker = Worker::current();
  if (worker != nullptr && &worker->group() == group_.get()) {
    worker->hand_off(runnable);
  } else {
    group_->inject(runnable);
  }
}

}  // namespace trivium::sched
