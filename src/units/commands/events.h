// What the events module asks for.
#pragma once

#include <string>

#include "core/value.h"
#include "units/commands/live_command.h"

namespace trivium::units {

// Replies with the topic the events come on.
struct SubscribeEvents final : CommandOf<SubscribeEvents> {
  static constexpr lua::CommandType command_type{"events.subscribe"};
  std::string system;  // patterns
  std::string kind;

  lua::Dispatch perform(Process& process, lua::OpId op, lua::Reply& reply) override;
};

// Replies with true.
struct UnsubscribeEvents final : CommandOf<UnsubscribeEvents> {
  static constexpr lua::CommandType command_type{"events subscription"};
  std::string topic;

  lua::Dispatch perform(Process& process, lua::OpId op, lua::Reply& reply) override;
};

// Replies with true.
struct SendEvent final : CommandOf<SendEvent> {
  static constexpr lua::CommandType command_type{"events.send"};
  std::string system;
  std::string kind;
  std::string path;
  Value data;  // nil: none

  lua::Dispatch perform(Process& process, lua::OpId op, lua::Reply& reply) override;
};

}  // namespace trivium::units
