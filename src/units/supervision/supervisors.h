// The supervisors that run, by address.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/error.h"

namespace trivium::units {

class LiveSupervisor;
struct SupervisorSpec;

// Thread-safe. A service of the node.
class Supervisors {
 public:
  // Makes the tree's addresses known, for the error of find(), whether they run or not.
  void declare(const SupervisorSpec& tree);

  // They are gone, with all that is below them.
  void forget(const std::string& address);

  void enter(const std::string& address, const std::shared_ptr<LiveSupervisor>& supervisor);
  // Unless another run of it was entered since.
  void leave(const std::string& address, const LiveSupervisor& supervisor);
  // NotFound: there is no such supervisor. Unavailable: it does not run.
  Result<std::shared_ptr<LiveSupervisor>> find(const std::string& address) const;
  std::vector<std::shared_ptr<LiveSupervisor>> all() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::weak_ptr<LiveSupervisor>> supervisors_;
};

}  // namespace trivium::units
