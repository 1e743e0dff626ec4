// Bounds how many calls of one function run at once and keeps their Lua states between calls.
// A worker is one isolate; it serves one call at a time.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "app/lua_entry.h"
#include "lua/isolate.h"
#include "sched/ref.h"

namespace trivium::units {

class Process;

// Thread-safe. Shared by the function registry and the calls in flight.
class FunctionPool {
 public:
  FunctionPool(std::string id, lua::ProgramRef program, app::PoolOptions options, Value call_options);
  ~FunctionPool();

  const std::string& id() const { return id_; }
  // Host part of the PIDs of its calls.
  const std::string& host() const { return host_; }
  const lua::ProgramRef& program() const { return program_; }
  // meta.options: defaults of the call options.
  const Value& call_options() const { return call_options_; }

  // Launches the call on an idle worker or a new one; queues it, first come first served, while all
  // there may be are taken. Never refuses.
  void run(const sched::Ref<Process>& call);
  // A call has ended; its isolate is null when it never had one or is not fit for another call.
  // Launches the next in the queue.
  void give_back(std::unique_ptr<lua::Isolate> isolate);
  // The call no longer waits for a worker. False when it had one already.
  bool withdraw(const Process& call);

  struct Figures {
    size_t active = 0;
    size_t idle = 0;
    size_t waiting = 0;
  };
  Figures figures() const;

 private:
  const std::string id_;
  const std::string host_;
  const lua::ProgramRef program_;
  const size_t most_;
  const Value call_options_;

  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<lua::Isolate>> idle_;  // the most recently used last
  std::deque<sched::Ref<Process>> waiting_;
  size_t active_ = 0;
};

}  // namespace trivium::units
