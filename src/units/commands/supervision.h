// What the supervisor module asks for. Supervisors are named by their address.
#pragma once

#include <string>

#include "units/commands/live_command.h"
#include "units/supervision/spec.h"

namespace trivium::units {

// Replies with the PID of the new child.
struct StartChild final : CommandOf<StartChild> {
  static constexpr lua::CommandType command_type{"supervisor.start_child"};
  std::string supervisor;
  // Fields that were given. The rest comes from the supervisor's pattern.
  Object fields;

  lua::Dispatch perform(Process& process, lua::OpId op, lua::Reply& reply) override;
};

// Terminate replies with true, restart with the PID.
struct ControlChild final : CommandOf<ControlChild> {
  static constexpr lua::CommandType command_type{"supervisor control"};
  enum class Verb { terminate, restart };
  Verb verb{};
  std::string supervisor;
  std::string child;  // id or PID

  lua::Dispatch perform(Process& process, lua::OpId op, lua::Reply& reply) override;
};

// Replies with a list of the children, or with how many there are.
struct ListChildren final : CommandOf<ListChildren> {
  static constexpr lua::CommandType command_type{"supervisor.which_children"};
  std::string supervisor;
  bool count = false;

  lua::Dispatch perform(Process& process, lua::OpId op, lua::Reply& reply) override;
};

}  // namespace trivium::units
