#include "sched/idle_workers.h"

#include <algorithm>

namespace trivium::sched {

IdleWorkers::IdleWorkers(size_t workers, size_t most)
    : workers_(workers), asleep_(std::make_unique<std::atomic<bool>[]>(most)) {
  sleepers_.reserve(most);
}

std::optional<size_t> IdleWorkers::pick(size_t preferred) {
  uint64_t counts = counts_.load(std::memory_order_seq_cst);
  if (searching(counts) > 0 || sleeping(counts) == 0) return std::nullopt;
  const std::lock_guard lock(mutex_);
  counts = counts_.load(std::memory_order_seq_cst);
  if (searching(counts) > 0 || sleepers_.empty()) return std::nullopt;
  auto chosen = std::find(sleepers_.begin(), sleepers_.end(), preferred);
  if (chosen == sleepers_.end()) --chosen;
  const size_t worker = *chosen;
  rouse(static_cast<size_t>(chosen - sleepers_.begin()));
  return worker;
}

bool IdleWorkers::start_searching() {
  uint64_t counts = counts_.load(std::memory_order_relaxed);
  while (2 * searching(counts) < workers_.load(std::memory_order_relaxed)) {
    if (counts_.compare_exchange_weak(counts, counts + one_searching, std::memory_order_seq_cst,
                                      std::memory_order_relaxed)) {
      return true;
    }
  }
  return false;
}

bool IdleWorkers::stop_searching() {
  return searching(counts_.fetch_sub(one_searching, std::memory_order_seq_cst)) == 1;
}

void IdleWorkers::sleep(size_t worker, bool was_searching) {
  const std::lock_guard lock(mutex_);
  sleepers_.push_back(worker);
  asleep_[worker].store(true, std::memory_order_seq_cst);
  counts_.fetch_add(one_sleeping - (was_searching ? one_searching : 0), std::memory_order_seq_cst);
}

bool IdleWorkers::cancel_sleep(size_t worker) {
  const std::lock_guard lock(mutex_);
  const auto found = std::find(sleepers_.begin(), sleepers_.end(), worker);
  if (found == sleepers_.end()) return false;
  rouse(static_cast<size_t>(found - sleepers_.begin()));
  return true;
}

bool IdleWorkers::all_asleep() const {
  return sleeping(counts_.load(std::memory_order_seq_cst)) >= workers_.load(std::memory_order_seq_cst);
}

void IdleWorkers::rouse(size_t position) {
  const size_t worker = sleepers_[position];
  sleepers_.erase(sleepers_.begin() + static_cast<std::ptrdiff_t>(position));
  asleep_[worker].store(false, std::memory_order_seq_cst);
  counts_.fetch_add(one_searching - one_sleeping, std::memory_order_seq_cst);
}

}  // namespace trivium::sched
