#pragma once

#include <optional>
#include <string>

#include "core/frame.h"
#include "units/commands/live_command.h"

namespace trivium::units {

// What with_context, with_actor, with_scope and with_options of an executor or spawner set.
struct CallSettings {
  std::optional<Object> values;  // laid over the caller's
  std::optional<Actor> actor;
  std::optional<Array> policies;
  Object options;
};

// Calls a function (or a process with a default host) and replies with its result. In a workflow: an
// activity. Abandoning it does not stop the callee.
struct CallFunction final : CommandOf<CallFunction> {
  static constexpr lua::CommandType command_type{"funcs.call"};
  std::string target;  // "ns:name", validated by the module
  Values arguments;
  CallSettings settings;
  bool async = false;
  bool refused = false;  // it could not even be asked for: the caller hears that at once, not from a future

  lua::Dispatch perform(Process& process, lua::OpId op, lua::Reply& reply) override;
};

// future:cancel(): the result is ignored from now on. In a workflow it also asks the activity to stop.
struct CancelCall final : CommandOf<CancelCall> {
  static constexpr lua::CommandType command_type{"future:cancel"};
  lua::OpId call = 0;

  lua::Dispatch perform(Process& process, lua::OpId op, lua::Reply& reply) override;
};

}  // namespace trivium::units
