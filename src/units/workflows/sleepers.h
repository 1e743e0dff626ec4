// Runs that sleep: open, but not in memory. Knows which of them is due next, and brings those back for which
// there is something to do.
//
// The next due times are read from the store a page at a time: the window. It holds all that is due up to the
// horizon, and one timer of the runtime waits for its first; what is due later is in the store alone.
//
// No wake-up is lost, because the callbacks of transactions come in their order:
// - Whatever reads a run (a page of the window, a load) sees what earlier transactions did; what later ones
//   do is told after the reader's own callback, which has added the run by then.
// - A run leaves the memory first and is added here then; whoever finds it in memory meanwhile leaves its
//   mail there, and a run that gets mail when it has left asks to be loaded again (Run::run).
// - What is due before the horizon and was added later comes from the run itself, which knows its own times.
#pragma once

#include <deque>
#include <mutex>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include "sched/timers.h"
#include "units/workflows/run.h"

namespace trivium::units::workflows {

class Core;

// Thread-safe.
class Sleepers {
 public:
  // `core` outlives this.
  explicit Sleepers(Core& core) : core_(core) {}

  // Reads what is due from the beginning: there may be runs that nobody knew of.
  void look();
  // The run has left the memory. `due_ns`: when it has to be back, 0: not by itself.
  void add(const std::string& run_id, int64_t due_ns);
  // There is something to do for a run that is not in memory.
  void wake(const std::string& run_id);
  // A run that was brought back (LoadedRun::woken) has done what there was to do at first.
  void awake();
  void stop();

  // How many due times are in memory.
  size_t window() const;

 private:
  void read_page(const Due& after, uint64_t generation);
  void page_read(bool read, const DuePage& page, uint64_t generation);
  void ring();
  void load();
  void loaded(bool read, const std::vector<std::string>& ids, std::vector<LoadedRun> runs);
  // All with the lock.
  bool may_read() const;
  void trim();
  void arm();

  Core& core_;
  mutable std::mutex mutex_;
  bool stopped_ = false;

  std::set<Due> window_;
  Due horizon_;                // everything up to here is in the window
  bool complete_ = false;      // and nothing is beyond it
  bool reading_ = false;       // a page
  int64_t read_again_ns_ = 0;  // not before: the store could not be read
  uint64_t generation_ = 0;    // of the horizon: a page that was asked for before it was set anew is void
  int64_t armed_for_ns_ = 0;
  sched::TimerId alarm_{};

  std::deque<std::string> queue_;           // to be loaded
  std::unordered_set<std::string> queued_;  // and those that are being loaded
  bool loading_ = false;
  size_t waking_ = 0;     // that were brought back, and have not had their task
  bool crowded_ = false;  // by those: the next are loaded when some of them are done
};

}  // namespace trivium::units::workflows
