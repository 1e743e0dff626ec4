// What the pg module asks for. `scope` names a pg.scope entry.
#pragma once

#include <string>
#include <vector>

#include "core/wire.h"
#include "units/commands/live_command.h"

namespace trivium::units {

class ProcessGroups;

// Whether the scope is there: replies with true.
struct OpenGroups final : CommandOf<OpenGroups> {
  static constexpr lua::CommandType command_type{"pg.open"};
  std::string scope;

  lua::Dispatch perform(Process& process, lua::OpId op, lua::Reply& reply) override;
};

// Replies with true.
struct ChangeGroups final : CommandOf<ChangeGroups> {
  static constexpr lua::CommandType command_type{"pg membership"};
  enum class Verb { join, leave };
  std::string scope;
  Verb verb{};
  std::vector<std::string> groups;

  lua::Dispatch perform(Process& process, lua::OpId op, lua::Reply& reply) override;
};

// Replies with an array: the members of a group, or all groups.
struct QueryGroups final : CommandOf<QueryGroups> {
  static constexpr lua::CommandType command_type{"pg query"};
  std::string scope;
  std::string group;  // empty: which groups there are

  lua::Dispatch perform(Process& process, lua::OpId op, lua::Reply& reply) override;
};

// Replies with true.
struct BroadcastToGroup final : CommandOf<BroadcastToGroup> {
  static constexpr lua::CommandType command_type{"pg.broadcast"};
  std::string scope;
  std::string group;
  std::string topic;
  Values values;

  lua::Dispatch perform(Process& process, lua::OpId op, lua::Reply& reply) override;
};

// Replies with the topic the changes come on, the size of a channel for them, and the members now: an array,
// or {group = array} of all groups.
struct MonitorGroups final : CommandOf<MonitorGroups> {
  static constexpr lua::CommandType command_type{"pg.monitor"};
  std::string scope;
  std::string group;  // empty: all

  lua::Dispatch perform(Process& process, lua::OpId op, lua::Reply& reply) override;
};

// Replies with true.
struct UnmonitorGroups final : CommandOf<UnmonitorGroups> {
  static constexpr lua::CommandType command_type{"pg subscription"};
  std::string scope;
  std::string topic;

  lua::Dispatch perform(Process& process, lua::OpId op, lua::Reply& reply) override;
};

}  // namespace trivium::units
