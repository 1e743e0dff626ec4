// Who waits in this runtime for the answer to which update. In memory: a caller that is gone asks again.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/error.h"
#include "lua/command.h"

namespace trivium::units::workflows {

// Thread-safe.
class UpdateWaiters {
 public:
  using Answered = std::function<void(lua::Reply)>;

  void add(const std::string& update_id, Answered answered);
  // The run that has it, and the operation that gets the answer if another runtime has the run; 0: ours.
  void attach(const std::string& update_id, const std::string& run_id, int64_t slot);
  void remove(const std::string& update_id);
  // Each waiter is told once.
  void tell(const std::string& update_id, lua::Reply reply);
  // Those of a run of ours.
  void tell_run(const std::string& run_id, const Error& error);
  void tell_all(const Error& error);

  struct Slot {
    std::string update_id;
    std::string run_id;
    int64_t slot = 0;
  };
  // Answers that come through the store.
  std::vector<Slot> slots() const;

 private:
  struct Waiter {
    Answered answered;
    std::string run_id;
    int64_t slot = 0;
  };
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Waiter> waiters_;
};

}  // namespace trivium::units::workflows
