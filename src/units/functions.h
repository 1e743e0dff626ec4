// The functions of the application and how to call them.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "core/duration.h"
#include "units/function_pool.h"
#include "units/process.h"

namespace trivium::units {

class Node;

struct CallRequest {
  std::string target;
  Values arguments;
  FrameRef frame;
  std::shared_ptr<CallScope> scope;        // of the caller; null: nobody cancels it
  std::optional<Duration> timeout;
  // Once, on a worker or timer thread.
  std::function<void(Exit&)> on_exit;
};

// Thread-safe once the pools are set.
class Functions {
 public:
  explicit Functions(Node& node) : node_(node) {}

  void add(std::shared_ptr<FunctionPool> pool);
  std::shared_ptr<FunctionPool> find(const std::string& id) const;

  // Starts the call. NotFound: no such function, nothing was started. Returns the call, so that it can
  // be cancelled (Process::kill).
  Result<sched::Ref<Process>> call(CallRequest request);

 private:
  Node& node_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<FunctionPool>> pools_;
};

}  // namespace trivium::units
