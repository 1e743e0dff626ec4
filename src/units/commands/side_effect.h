#pragma once

#include <functional>
#include <string>

#include "units/commands/live_command.h"

namespace trivium::units {

// A value that differs from run to run (random bytes, identifiers). Functions and processes take it
// as it comes; a workflow records it the first time and gets the same one on replay.
struct SideEffect final : CommandOf<SideEffect> {
  static constexpr lua::CommandType command_type{"side effect"};
  std::function<Result<Value>()> produce;  // a scalar
  bool binary = false;                     // the value is a string of bytes, not text

  lua::Dispatch perform(Process& process, lua::OpId op, lua::Reply& reply) override;
  bool immediate() const override { return true; }
};

}  // namespace trivium::units
