// What holds of every call of a function by the runtimes of a cluster, whatever happens to them: nobody calls
// more at once, or more in a time, than he may; whoever has a run never calls again what the history has the
// result of; and of an attempt for another task queue there is one call at most.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "units/workflows/testing/cluster.h"

namespace trivium::units::workflows::testing {

class CallWatch {
 public:
  // What the options of all runtimes say. The cluster outlives what it calls.
  CallWatch(Cluster& cluster, size_t most_activities, double per_second);

  // Of this runtime's calls from now on. `foreign`: it serves another task queue than that of the runs.
  void watch(size_t node, bool foreign);
  // Since now no runtime stands still, and all reach the store: between two calls passes the whole time that
  // their rate demands.
  void calm() { calm_ = true; }

 private:
  struct Seen {
    uint64_t life = 0;
    int64_t since_ns = 0;  // by the runtime's clock
    int64_t calls = 0;
    int64_t last_ns = 0;
    bool calm = false;  // at the last one
  };

  void called(size_t node, bool foreign, const Object& info);
  void check_rate(size_t node);
  void check_history(size_t node, const Object& info);

  Cluster& cluster_;
  const size_t most_;
  const int64_t interval_ns_;  // between two beginnings; 0: none
  bool calm_ = false;
  std::vector<Seen> seen_;
  std::map<std::string, int> foreign_calls_;  // by run, activity and attempt
};

}  // namespace trivium::units::workflows::testing
