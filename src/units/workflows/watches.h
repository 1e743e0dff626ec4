// Who waits for the end of which chain of runs. In memory: watches die with the runtime.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "units/workflows/service.h"

namespace trivium::units::workflows {

// The end of a chain as its last run tells it.
WorkflowEnd end_of(const RunRow& last);

// Thread-safe.
class Watches {
 public:
  // Reserves an id, so that whoever waits can give up before the watch is attached.
  Service::WatchId reserve(Service::Ended ended);
  // False: given up meanwhile.
  bool attach(Service::WatchId id, const std::string& first_run_id);
  void remove(Service::WatchId id);
  // Tells one watch and forgets it.
  void tell(Service::WatchId id, WorkflowEnd end);
  // Tells all watches of the chain and forgets them.
  void tell_chain(const std::string& first_run_id, const WorkflowEnd& end);
  // The first runs of the chains that are watched.
  std::vector<std::string> chains() const;
  // Tells everybody.
  void tell_all(const WorkflowEnd& end);

 private:
  struct Watch {
    Service::Ended ended;
    std::string first_run_id;
  };
  mutable std::mutex mutex_;
  Service::WatchId last_id_ = 0;
  std::unordered_map<Service::WatchId, Watch> watches_;
  std::unordered_map<std::string, std::vector<Service::WatchId>> by_chain_;
};

}  // namespace trivium::units::workflows
