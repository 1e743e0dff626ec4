// The functions of the application, and processes that can be called like them, and how to call them.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "app/lua_entry.h"
#include "core/duration.h"
#include "units/function_pool.h"
#include "units/process.h"

namespace trivium::units {

class Node;

struct CallRequest {
  std::string target;
  Values arguments;
  FrameRef frame;
  std::shared_ptr<CallScope> scope;  // of the caller; null: nobody cancels it
  // The caller, if its code waits on this thread while the call is started; null otherwise.
  Process* caller = nullptr;
  std::string caller_pid;  // whom a process that is called hears of; empty: nobody
  std::optional<Duration> timeout;
  std::optional<Duration> limit;  // what the error of the timeout names, if not `timeout` itself
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
  // be cancelled (Process::cancel_call); null when it has failed already and on_exit was told.
  Result<sched::Ref<Process>> call(CallRequest request);
  // The same as its options want it, laid over those of the entry: `timeout` and `retry`, one time limit for
  // all attempts. on_exit hears of the last attempt only; the call returned is the first.
  Result<sched::Ref<Process>> call(CallRequest request, const Object& options);

 private:
  class Retried;
  struct Target {
    std::shared_ptr<FunctionPool> pool;      // of a function, or
    const app::LuaEntry* process = nullptr;  // the entry of a process with a default host
  };
  Target target(const std::string& id) const;
  Result<sched::Ref<Process>> start(const Target& target, CallRequest request);
  Result<sched::Ref<Process>> start_function(const std::shared_ptr<FunctionPool>& pool, CallRequest request);

  Node& node_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<FunctionPool>> pools_;
};

}  // namespace trivium::units
