// What the activity module asks for.
#pragma once

#include "units/commands/live_command.h"

namespace trivium::units {

// activity.info: replies with the table.
struct ActivityInfo final : CommandOf<ActivityInfo> {
  static constexpr lua::CommandType command_type{"activity.info"};

  lua::Dispatch perform(Process& process, lua::OpId op, lua::Reply& reply) override;
};

// activity.heartbeat: replies with true.
struct ActivityHeartbeat final : CommandOf<ActivityHeartbeat> {
  static constexpr lua::CommandType command_type{"activity.heartbeat"};
  Value details;

  lua::Dispatch perform(Process& process, lua::OpId op, lua::Reply& reply) override;
};

}  // namespace trivium::units
