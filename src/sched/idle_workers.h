// Who sleeps, who searches, and whom to wake: the bookkeeping behind "no wake-up is lost, and none is made
// in vain".
//
// Rules that the workers keep:
//   1. A worker calls sleep() first and looks at every inbox afterwards; if something is there, it takes its
//      name off again with cancel_sleep() and goes on searching.
//   2. A worker that stops searching because it found something calls stop_searching(); if it was the last
//      searcher, it looks at every inbox and wakes another worker if one is not empty.
//   3. Whoever fills an inbox does so first and looks here afterwards (asleep(), pick()).
// All these reads and writes are sequentially consistent, so of a filler and a sleeper at least one sees the
// other: either the sleeper finds the work, or the filler finds the sleeper. pick() refuses while anybody
// searches; rule 1 or 2 then makes the last searcher look again after the filler's work became visible.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace trivium::sched {

// Thread-safe.
class IdleWorkers {
 public:
  IdleWorkers(size_t workers, size_t most);

  // A worker to unpark, `preferred` if it sleeps; it counts as searching from now on. Nothing if nobody
  // sleeps or somebody searches already.
  std::optional<size_t> pick(size_t preferred);

  // False if enough workers search already (half of them is plenty).
  bool start_searching();
  // True if no searcher is left.
  bool stop_searching();

  // Enters `worker` among the sleepers and ends its search, if it was searching.
  void sleep(size_t worker, bool searching);
  // True: `worker` is awake again and counts as searching. False: pick() chose it meanwhile, so that an
  // unpark() is on its way and has to be waited for.
  bool cancel_sleep(size_t worker);

  bool asleep(size_t worker) const { return asleep_[worker].load(std::memory_order_seq_cst); }
  bool all_asleep() const;
  // There are so many workers now, at most as many as at first. Those beyond neither sleep nor search.
  void set_workers(size_t workers) { workers_.store(workers, std::memory_order_seq_cst); }
  // A hint, for when nothing depends on it: would pick() find somebody?
  bool could_pick() const {
    const uint64_t counts = counts_.load(std::memory_order_relaxed);
    return searching(counts) == 0 && sleeping(counts) > 0;
  }

 private:
  static constexpr uint64_t one_searching = 1;
  static constexpr uint64_t one_sleeping = uint64_t{1} << 32;
  static uint64_t searching(uint64_t counts) { return counts & (one_sleeping - 1); }
  static uint64_t sleeping(uint64_t counts) { return counts >> 32; }

  // Takes a sleeper off the list and turns it into a searcher. With mutex_ held.
  void rouse(size_t position);

  std::atomic<size_t> workers_;
  std::atomic<uint64_t> counts_{0};  // searching, sleeping
  std::unique_ptr<std::atomic<bool>[]> asleep_;
  std::mutex mutex_;
  std::vector<size_t> sleepers_;  // the one that fell asleep last is at the back: its cache is warmest
};

}  // namespace trivium::sched
