#include "sched/lane.h"

#include "sched/lane_registry.h"
#include "sched/runnable_internals.h"
#include "sched/scheduler.h"

namespace trivium::sched {

Lane::Lane(Scheduler& scheduler, size_t limit)
    : scheduler_(scheduler),
      registry_(scheduler.lanes()),
      counts_(limit < scheduler.worker_count()),
      limit_(limit) {
  registry_->add(*this);
}

Lane::~Lane() { registry_->remove(*this); }

void Lane::set_limit(size_t limit) {
  {
    const std::lock_guard lock(mutex_);
    limit_ = limit;
  }
  RunnableList ready = apply_limit();
  while (Runnable* runnable = ready.pop_front()) scheduler_.enqueue(*runnable);
}

RunnableList Lane::apply_limit() {
  RunnableList ready;
  {
    const std::lock_guard lock(mutex_);
    const bool counts = limit_ < scheduler_.worker_count();
    counts_.store(counts, std::memory_order_release);
    while (!waiting_.empty() && (!counts || running_ < limit_)) {
      Runnable* runnable = waiting_.pop_front();
      RunnableInternals::holds_permit(*runnable) = counts;
      if (counts) ++running_;
      ready.push_back(*runnable);
    }
  }
  return ready;
}

size_t Lane::limit() const {
  const std::lock_guard lock(mutex_);
  return limit_;
}

size_t Lane::running() const {
  const std::lock_guard lock(mutex_);
  return running_;
}

size_t Lane::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size();
}

bool Lane::admit_counted(Runnable& runnable) {
  const std::lock_guard lock(mutex_);
  if (!counts_.load(std::memory_order_relaxed)) return true;
  if (running_ >= limit_) {
    waiting_.push_back(runnable);
    return false;
  }
  ++running_;
  RunnableInternals::holds_permit(runnable) = true;
  return true;
}

Runnable* Lane::leave_counted(Runnable& runnable) {
  RunnableInternals::holds_permit(runnable) = false;
  const std::lock_guard lock(mutex_);
  --running_;
  if (running_ >= limit_) return nullptr;
  Runnable* next = waiting_.pop_front();
  if (next != nullptr) {
    ++running_;
    RunnableInternals::holds_permit(*next) = true;
  }
  return next;
}

RunnableList Lane::abandon() {
  const std::lock_guard lock(mutex_);
  return std::move(waiting_);
}

void LaneRegistry::add(Lane& lane) {
  const std::lock_guard lock(mutex_);
  lanes_.insert(&lane);
}

void LaneRegistry::remove(Lane& lane) {
  const std::lock_guard lock(mutex_);
  lanes_.erase(&lane);
}

RunnableList LaneRegistry::worker_count_changed() {
  const std::lock_guard lock(mutex_);
  RunnableList ready;
  for (Lane* lane : lanes_) {
    RunnableList more = lane->apply_limit();
    ready.append(more);
  }
  return ready;
}

RunnableList LaneRegistry::abandon_all() {
  RunnableList all;
  const std::lock_guard lock(mutex_);
  for (Lane* lane : lanes_) {
    RunnableList waiting = lane->abandon();
    all.append(waiting);
  }
  return all;
}

}  // namespace trivium::sched
