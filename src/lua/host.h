// The owner of an isolate, as the isolate sees it.
#pragma once

#include <string>
#include <string_view>

#include "core/frame.h"
#include "core/log.h"
#include "lua/command.h"

namespace trivium::lua {

// How the host took a command.
enum class Dispatch {
  done,     // `reply` holds the outcome: Lua goes on without waiting
  pending,  // Isolate::complete(op, …) will be called later
};

// process.set_options.
struct UnitOptions {
  bool trap_links = false;
  bool upgradable = false;
};

// Called only on the thread that runs the isolate, with Lua on the stack: implementations must not
// call back into the isolate before they return, and must not throw.
class Host {
 public:
  virtual ~Host() = default;

  virtual Dispatch dispatch(Isolate& isolate, Command& command, OpId op, Reply& reply) = 0;
  // `op` asks for nothing but its turn among what has been dispatched. False: there are no turns, it need not
  // wait. Otherwise it is completed like an operation.
  virtual bool take_turn(OpId) { return false; }
  // Whether dispatch() would be done with it: then it may be asked for where nothing can wait.
  virtual bool answers_at_once(const Command&) { return false; }
  // The last interest in a pending operation is gone (its channel closed, its timer stopped). A reply
  // that still comes is ignored.
  virtual void abandon(Isolate& isolate, OpId op) = 0;

  // As a run begins: delivers and completes what has come since the last one. May throw what Lua raises.
  // False: no code is to run.
  virtual bool deliver_all(Isolate&) { return true; }
  // Delivers and completes what has come meanwhile, for code that looks without waiting.
  virtual void poll(Isolate&) {}

  // Wall clock in nanoseconds since the epoch; workflow time in a workflow.
  virtual int64_t now_ns() = 0;
  // Nanoseconds for os.clock and differences between two readings of the same run.
  virtual int64_t clock_ns() = 0;
  // Numbers for math.random; the same on every replay in a workflow.
  virtual uint64_t random() = 0;

  virtual const std::string& pid() = 0;
  virtual const std::string& entry_id() = 0;
  virtual const FrameRef& frame() = 0;

  // Whether the unit may do this to that: modules ask before they carry out what is guarded.
  virtual bool allows([[maybe_unused]] std::string_view action, [[maybe_unused]] std::string_view resource) {
    return true;
  }

  // A record from the unit's code (print, the logger module). `logger` is empty for print. The host
  // adds the pid; a workflow keeps quiet while it replays.
  virtual void log(LogLevel level, std::string_view logger, std::string_view message, Object fields) = 0;
  // False: a record of this level would go nowhere, so its fields need not be put together.
  virtual bool log_enabled(LogLevel) { return true; }
  virtual UnitOptions unit_options() { return {}; }
  virtual void set_unit_options(const UnitOptions&) {}

  // A value that could not cross an isolate's edge and arrived as nil: "argument 2.callback", "function".
  virtual void dropped(std::string_view operation, std::string_view path, std::string_view type) = 0;
};

}  // namespace trivium::lua
