// The lanes of one scheduler, so that stopping it can release what waits in them. Shared by the scheduler
// and its lanes because either may go first. Thread-safe.
#pragma once

#include <mutex>
#include <unordered_set>

#include "sched/runnable_list.h"

namespace trivium::sched {

class Lane;

class LaneRegistry {
 public:
  void add(Lane& lane);
  void remove(Lane& lane);
  // Takes what waits in any lane. The caller lets the result go: that may destroy lanes.
  RunnableList abandon_all();
  // Lanes that need not count may have to now, and the other way round. The caller queues the result: what no
  // longer waits.
  RunnableList worker_count_changed();

 private:
  std::mutex mutex_;
  std::unordered_set<Lane*> lanes_;
};

}  // namespace trivium::sched
