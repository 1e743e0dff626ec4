// What waits for time to pass.
#pragma once

#include "core/duration.h"
#include "units/commands/live_command.h"

namespace trivium::units {

// Replies with nothing once the time has passed.
struct Sleep final : CommandOf<Sleep> {
  static constexpr lua::CommandType command_type{"time.sleep"};
  Duration duration{};

  lua::Dispatch perform(Process& process, lua::OpId op, lua::Reply& reply) override;
};

// Replies with the time (integer, wall-clock nanoseconds): once, or every `duration` until abandoned.
struct StartTimer final : CommandOf<StartTimer> {
  static constexpr lua::CommandType command_type{"time.timer"};
  Duration duration{};
  bool periodic = false;

  lua::Dispatch perform(Process& process, lua::OpId op, lua::Reply& reply) override;
};

}  // namespace trivium::units
