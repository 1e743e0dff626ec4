// Commands as functions and processes carry them out: for real, at once or by starting something that
// replies later. A workflow does not call perform(); it records (units/workflows).
#pragma once

#include "lua/host.h"

namespace trivium::units {

class Process;

class LiveCommand : public lua::Command {
 public:
  using lua::Command::Command;

  // Runs on the process's own thread. For Dispatch::pending the reply comes through
  // process.post_reply(op, …), from any thread.
  virtual lua::Dispatch perform(Process& process, lua::OpId op, lua::Reply& reply) = 0;
  // perform() never comes to Dispatch::pending.
  virtual bool immediate() const { return false; }
};

// Base of a concrete command: class Sleep final : public CommandOf<Sleep>.
template <class Self>
class CommandOf : public LiveCommand {
 public:
  CommandOf() : LiveCommand(Self::command_type) {}
  std::unique_ptr<lua::Command> detach() override {
    return std::make_unique<Self>(std::move(static_cast<Self&>(*this)));
  }
};

}  // namespace trivium::units
