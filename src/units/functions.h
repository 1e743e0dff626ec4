// The functions of the application, and processes that can be called like them, and how to call them.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "app/lua_entry.h"
#include "core/duration.h"
#include "core/spin_lock.h"
#include "units/call_chain.h"
#include "units/function_pool.h"
#include "units/process.h"
#include "units/programs.h"

namespace trivium::units {

class ActivityContext;
class Node;

struct CallRequest {
  std::string target;
  Values arguments;
  FrameRef frame;
  std::shared_ptr<CallScope> scope;  // of the caller; null: nobody cancels it
  // The caller, if its code waits on this thread while the call is started; null otherwise.
  Process* caller = nullptr;
  std::string caller_pid;  // whom a process that is called hears of, if there is no caller; empty: nobody
  std::shared_ptr<ActivityContext> activity;  // null: no attempt of an activity
  std::optional<Duration> timeout;
  std::optional<Duration> limit;  // what the error of the timeout names, if not `timeout` itself
  // Hears of the end, once, on a worker or timer thread. Without it the end is the reply to this operation of
  // the caller.
  std::function<void(Exit&)> on_exit;
  lua::OpId op = 0;
  // Where the end goes instead if it comes before the start returns: for a caller whose code does nothing
  // else meanwhile. Null: nowhere.
  std::optional<Exit>* at_once = nullptr;

  // Set by Functions for the interceptors: the function's pool, or else the entry of a process with a default
  // host; the options, those of the entry included, null when there are none; when the call was begun, if it
  // is timed.
  std::shared_ptr<FunctionPool> pool;
  LuaEntryRef process;
  std::shared_ptr<const Object> options;
  int64_t timed_from_ns = 0;

  const Value* option(std::string_view key) const { return options ? options->find(key) : nullptr; }
  // From here on the request does not depend on the caller's wait: the end always goes to on_exit.
  void detach();
};

struct FunctionFigures {
  std::string id;
  FunctionPool::Figures pool;
  CallFigures calls;
};

// Thread-safe.
class Functions {
 public:
  explicit Functions(Node& node);

  // In the place of the one there was: calls it has taken already end there.
  void add(std::shared_ptr<FunctionPool> pool);
  // Nothing more is called there.
  void remove(const std::string& id);
  std::shared_ptr<FunctionPool> find(const std::string& id) const;

  // Starts the call without options. NotFound: no such function, nothing was started. Returns the call, so
  // that it can be cancelled (Process::cancel_call); null when it has ended already and on_exit or at_once
  // was told.
  Result<sched::Ref<Process>> call(CallRequest&& request);
  // The same as its options want it, laid over those of the entry. on_exit hears of the last attempt only;
  // the call returned is the first.
  Result<sched::Ref<Process>> call(CallRequest&& request, const Object& options);

  // Those of pools that make them when they are needed.
  void drop_idle_workers();
  // Of every function, by id.
  std::vector<FunctionFigures> figures() const;

 private:
  friend class NextCall;

  void find_target(CallRequest& request) const;
  std::vector<std::shared_ptr<FunctionPool>> pools() const;
  Result<sched::Ref<Process>> pass(CallRequest& request);
  Result<sched::Ref<Process>> start(CallRequest& request);
  Result<sched::Ref<Process>> start_function(CallRequest& request);

  Node& node_;
  const std::vector<std::unique_ptr<const Interceptor>> interceptors_;  // outermost first
  mutable SpinLock lock_;
  std::unordered_map<std::string, std::shared_ptr<FunctionPool>> pools_;
};

}  // namespace trivium::units
