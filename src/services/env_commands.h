// What the env module asks for. Answered at once, or from the blocking pool when a file is involved.
#pragma once

#include <string>

#include "units/commands/live_command.h"

namespace trivium::services {

// Replies with the value.
struct EnvGet final : units::CommandOf<EnvGet> {
  static constexpr lua::CommandType command_type{"env.get"};
  std::string key;

  lua::Dispatch perform(units::Process& process, lua::OpId op, lua::Reply& reply) override;
};

// Replies with true.
struct EnvSet final : units::CommandOf<EnvSet> {
  static constexpr lua::CommandType command_type{"env.set"};
  std::string key;
  std::string value;

  lua::Dispatch perform(units::Process& process, lua::OpId op, lua::Reply& reply) override;
};

// Replies with a table.
struct EnvAll final : units::CommandOf<EnvAll> {
  static constexpr lua::CommandType command_type{"env.get_all"};

  lua::Dispatch perform(units::Process& process, lua::OpId op, lua::Reply& reply) override;
};

}  // namespace trivium::services
