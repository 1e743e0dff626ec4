// What the process module asks for. Destinations are PID text or registered names, as given by the
// code; whoever carries the command out resolves them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lua/message.h"
#include "units/commands/call.h"
#include "units/commands/live_command.h"

namespace trivium::units {

// Replies with true.
struct Send final : CommandOf<Send> {
  static constexpr lua::CommandType command_type{"process.send"};
  // Views of the caller's strings, which outlive the dispatch; a detached command has its own.
  std::string_view destination;
  std::string_view topic;
  Values values;

  std::unique_ptr<lua::Command> detach() override;
  lua::Dispatch perform(Process& process, lua::OpId op, lua::Reply& reply) override;

 private:
  std::string own_;
};

// Replies with the PID text.
struct Spawn final : CommandOf<Spawn> {
  static constexpr lua::CommandType command_type{"process.spawn"};
  std::string id;
  std::string host;
  Values arguments;
  bool monitor = false;
  bool link = false;
  std::string name;                    // with_name; empty: none
  std::vector<lua::Message> messages;  // with_message, in order
  CallSettings settings;

  lua::Dispatch perform(Process& process, lua::OpId op, lua::Reply& reply) override;
};

// Spawns, waits for the end, replies with the exit value.
struct Exec final : CommandOf<Exec> {
  static constexpr lua::CommandType command_type{"process.exec"};
  std::string id;
  std::string host;
  Values arguments;
  CallSettings settings;

  lua::Dispatch perform(Process& process, lua::OpId op, lua::Reply& reply) override;
};

// Replies with true.
struct Control final : CommandOf<Control> {
  static constexpr lua::CommandType command_type{"process control"};
  enum class Verb { cancel, terminate, monitor, unmonitor, link, unlink };
  Verb verb{};
  std::string destination;
  std::string reason;  // of cancel

  lua::Dispatch perform(Process& process, lua::OpId op, lua::Reply& reply) override;
};
const char* verb_name(Control::Verb verb);

// process.registry. Replies with true (register), the PID (lookup) or a boolean (unregister).
struct NameOperation final : CommandOf<NameOperation> {
  static constexpr lua::CommandType command_type{"process.registry"};
  enum class Verb { register_name, lookup, unregister };
  Verb verb{};
  std::string name;
  std::string pid;  // of register; empty: the caller

  lua::Dispatch perform(Process& process, lua::OpId op, lua::Reply& reply) override;
};

class Node;
// What a NameOperation comes to: true, the PID, or whether there was such a name.
Result<Value> carry_out(Node& node, NameOperation::Verb verb, const std::string& name,
                        const std::string& pid);

// process.upgrade: never replies. In a workflow: continue as new.
struct Upgrade final : CommandOf<Upgrade> {
  static constexpr lua::CommandType command_type{"process.upgrade"};
  std::string id;  // empty: the same entry
  Values arguments;

  lua::Dispatch perform(Process& process, lua::OpId op, lua::Reply& reply) override;
};

}  // namespace trivium::units
