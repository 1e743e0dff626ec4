// What the io module asks for. Outside terminal hosts everything but the arguments is Unavailable.
#pragma once

#include <string>

#include "units/commands/live_command.h"

namespace trivium::services {

// Replies with true.
struct TerminalWrite final : units::CommandOf<TerminalWrite> {
  static constexpr lua::CommandType command_type{"io.write"};
  std::string text;
  bool to_errors = false;

  lua::Dispatch perform(units::Process& process, lua::OpId op, lua::Reply& reply) override;
};

// Replies with a string; at the end of input with the error EOF.
struct TerminalRead final : units::CommandOf<TerminalRead> {
  static constexpr lua::CommandType command_type{"io.read"};
  size_t limit = 0;  // bytes; 0: a line

  lua::Dispatch perform(units::Process& process, lua::OpId op, lua::Reply& reply) override;
};

// Takes or gives back one hold on raw mode; the end of the process gives back all of them. Replies with
// true.
struct TerminalRaw final : units::CommandOf<TerminalRaw> {
  static constexpr lua::CommandType command_type{"io.raw"};
  bool on = true;

  lua::Dispatch perform(units::Process& process, lua::OpId op, lua::Reply& reply) override;
};

// Replies with the strings among the process's inputs; none without terminal.
struct TerminalArguments final : units::CommandOf<TerminalArguments> {
  static constexpr lua::CommandType command_type{"io.args"};

  lua::Dispatch perform(units::Process& process, lua::OpId op, lua::Reply& reply) override;
};

}  // namespace trivium::services
