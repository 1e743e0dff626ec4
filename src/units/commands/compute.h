#pragma once

#include <functional>

#include "units/commands/live_command.h"

namespace trivium::units {

// Work that takes long and needs nothing but what it is given, such as a key of a password. Functions and
// processes have it done on the blocking pool, so that their worker goes on with others; a workflow does it
// in place, and again on replay.
struct Compute final : CommandOf<Compute> {
  static constexpr lua::CommandType command_type{"compute"};
  std::function<Result<Value>()> work;

  lua::Dispatch perform(Process& process, lua::OpId op, lua::Reply& reply) override;
};

}  // namespace trivium::units
