#include "modules/pg_module.h"

#include "lua/codec.h"
#include "lua/error_object.h"
#include "lua/isolate.h"
#include "lua/sandbox/frozen.h"
#include "modules/arguments.h"
#include "modules/group_subscription.h"
#include "modules/permission.h"
#include "modules/replies.h"
#include "modules/userdata.h"
#include "units/commands/groups.h"

namespace trivium::lua {
namespace {

using units::ChangeGroups;

int refuse(lua_State* L, std::string message) {
  return push_failure(L, Error::of(kind::invalid, std::move(message)));
}

// A scope as Lua holds it. It belongs to the execution that opened it: a worker's next call finds a handle
// kept in a global released.
struct Instance {
  std::string scope;
  std::string owner;
  bool released = false;
};

Instance& check_instance(lua_State* L);

bool released(lua_State* L, const Instance& instance) {
  return instance.released || instance.owner != Isolate::from(L).host().pid();
}

// The functions below that return int push nil and an error and return how many values these are, or return 0
// when all is well.

int refuse_released(lua_State* L, const Instance& instance) {
  return released(L, instance) ? refuse(L, "pg instance is released") : 0;
}

int refuse_unless_allowed(lua_State* L, const char* action, const char* deed, const std::string& group) {
  if (allowed(L, std::string("pg.") + action, group)) return 0;
  return push_denied(L, std::string("not allowed to ") + deed + ": " + group);
}

// The group named by argument 2.
int read_group(lua_State* L, const Instance& instance, const char* action, const char* deed,
               std::string& group) {
  group = check_string_like(L, 2);
  if (const int refused = refuse_released(L, instance); refused != 0) return refused;
  if (group.empty()) return refuse(L, "group name is required");
  return refuse_unless_allowed(L, action, deed, group);
}

// --- membership -------------------------------------------------------------------------------------

int read_groups(lua_State* L, std::vector<std::string>& groups) {
  if (lua_type(L, 2) == LUA_TSTRING) {
    groups.emplace_back(*strict_string(L, 2));
  } else if (lua_istable(L, 2)) {
    push_contents(L, 2);
    const auto count = static_cast<lua_Integer>(lua_rawlen(L, -1));
    for (lua_Integer i = 1; i <= count; ++i) {
      lua_rawgeti(L, -1, i);
      if (const auto name = strict_string(L, -1)) groups.emplace_back(*name);
      lua_pop(L, 1);
    }
    lua_pop(L, 1);
    if (groups.empty()) return refuse(L, "groups table must not be empty");
  } else {
    return refuse(L, "group name (string) or groups table required");
  }
  for (const std::string& group : groups) {
    if (group.empty()) return refuse(L, "group name is required");
  }
  return 0;
}

int issue_change(lua_State* L, ChangeGroups::Verb verb) {
  const Instance& instance = check_instance(L);
  const bool join = verb == ChangeGroups::Verb::join;
  if (const int refused = refuse_released(L, instance); refused != 0) return refused;
  ChangeGroups command;
  command.scope = instance.scope;
  command.verb = verb;
  if (const int refused = read_groups(L, command.groups); refused != 0) return refused;
  for (const std::string& group : command.groups) {
    const int refused =
        refuse_unless_allowed(L, join ? "join" : "leave", join ? "join group" : "leave group", group);
    if (refused != 0) return refused;
  }
  Isolate::from(L).issue(L, command);
  return 0;
}

template <ChangeGroups::Verb verb>
int change(lua_State* L) {
  if (const int refused = issue_change(L, verb); refused != 0) return refused;
  return Isolate::from(L).await(L, finish_value);
}

// --- queries ----------------------------------------------------------------------------------------

constexpr char get_members_action[] = "get_members";
constexpr char get_local_members_action[] = "get_local_members";
constexpr char which_groups_action[] = "which_groups";
constexpr char which_local_groups_action[] = "which_local_groups";
constexpr char broadcast_action[] = "broadcast";
constexpr char broadcast_local_action[] = "broadcast_local";

int issue_members(lua_State* L, const char* action) {
  const Instance& instance = check_instance(L);
  units::QueryGroups command;
  command.scope = instance.scope;
  if (const int refused = read_group(L, instance, action, "list members of group", command.group);
      refused != 0) {
    return refused;
  }
  Isolate::from(L).issue(L, command);
  return 0;
}

template <const char* action>
int members(lua_State* L) {
  if (const int refused = issue_members(L, action); refused != 0) return refused;
  return Isolate::from(L).await(L, finish_value);
}

int issue_groups(lua_State* L, const char* action) {
  const Instance& instance = check_instance(L);
  if (const int refused = refuse_released(L, instance); refused != 0) return refused;
  if (const int refused = refuse_unless_allowed(L, action, "list groups", ""); refused != 0) return refused;
  units::QueryGroups command;
  command.scope = instance.scope;
  Isolate::from(L).issue(L, command);
  return 0;
}

template <const char* action>
int groups(lua_State* L) {
  if (const int refused = issue_groups(L, action); refused != 0) return refused;
  return Isolate::from(L).await(L, finish_value);
}

// --- broadcast --------------------------------------------------------------------------------------

int issue_broadcast(lua_State* L, const char* action) {
  const Instance& instance = check_instance(L);
  units::BroadcastToGroup command;
  command.scope = instance.scope;
  command.topic = check_string_like(L, 3);
  if (const int refused = read_group(L, instance, action, "broadcast to group", command.group); refused != 0)
    return refused;
  if (command.topic.empty()) return refuse(L, "topic is required");
  if (command.topic.starts_with('@')) return refuse(L, "cannot send to @ topics");
  Dropped dropped;
  command.values = encode_range(L, 4, lua_gettop(L) - 3, &dropped);
  if (!dropped.type.empty())
    Isolate::from(L).host().dropped("broadcast of " + command.topic, dropped.path, dropped.type);
  Isolate::from(L).issue(L, command);
  return 0;
}

template <const char* action>
int broadcast(lua_State* L) {
  if (const int refused = issue_broadcast(L, action); refused != 0) return refused;
  return Isolate::from(L).await(L, finish_value);
}

// --- monitors ---------------------------------------------------------------------------------------

int no_snapshot(lua_State* L, int refused) {
  lua_pushnil(L);
  lua_insert(L, -2);  // nil, nil, err
  return refused + 1;
}

int finish_monitor(lua_State* L, Reply& reply) {
  if (reply.error) return no_snapshot(L, push_failure(L, *reply.error));
  const Instance& instance = check_instance(L);
  push_values(L, reply.values);  // topic, capacity, members
  const std::string topic = lua_tostring(L, -3);
  push_group_subscription(L, instance.scope, topic, static_cast<size_t>(lua_tointeger(L, -2)));
  lua_insert(L, -2);
  lua_pushnil(L);
  return 3;
}

int issue_monitor(lua_State* L) {
  const Instance& instance = check_instance(L);
  units::MonitorGroups command;
  command.scope = instance.scope;
  if (const int refused = read_group(L, instance, "monitor", "monitor group", command.group); refused != 0)
    return refused;
  Isolate::from(L).issue(L, command);
  return 0;
}

int monitor(lua_State* L) {
  if (const int refused = issue_monitor(L); refused != 0) return no_snapshot(L, refused);
  return Isolate::from(L).await(L, finish_monitor);
}

int issue_events(lua_State* L) {
  const Instance& instance = check_instance(L);
  if (const int refused = refuse_released(L, instance); refused != 0) return refused;
  if (const int refused = refuse_unless_allowed(L, "events", "monitor all groups", ""); refused != 0)
    return refused;
  units::MonitorGroups command;
  command.scope = instance.scope;
  Isolate::from(L).issue(L, command);
  return 0;
}

int events(lua_State* L) {
  if (const int refused = issue_events(L); refused != 0) return no_snapshot(L, refused);
  return Isolate::from(L).await(L, finish_monitor);
}

// --- the instance -----------------------------------------------------------------------------------

int release(lua_State* L) {
  check_instance(L).released = true;
  lua_pushboolean(L, 1);
  return 1;
}

int text(lua_State* L) {
  const Instance& instance = check_instance(L);
  push_text(L, "pg.Instance{" + instance.scope + (released(L, instance) ? ", released}" : "}"));
  return 1;
}

constexpr luaL_Reg methods[] = {
    {"join", change<ChangeGroups::Verb::join>},
    {"leave", change<ChangeGroups::Verb::leave>},
    {"get_members", members<get_members_action>},
    {"get_local_members", members<get_local_members_action>},
    {"which_groups", groups<which_groups_action>},
    {"which_local_groups", groups<which_local_groups_action>},
    {"broadcast", broadcast<broadcast_action>},
    {"broadcast_local", broadcast<broadcast_local_action>},
    {"monitor", monitor},
    {"events", events},
    {"release", release},
    {nullptr, nullptr},
};
constexpr UserdataClass instance_class{"pg.Instance", methods, text};

Instance& check_instance(lua_State* L) { return check_userdata<Instance>(L, 1, instance_class); }

int finish_open(lua_State* L, Reply& reply) {
  if (reply.error) return push_failure(L, *reply.error);
  push_userdata(L, instance_class,
                Instance{std::string(check_string_like(L, 1)), Isolate::from(L).host().pid()});
  return 1;
}

int issue_open(lua_State* L) {
  units::OpenGroups command;
  command.scope = check_string_like(L, 1);
  if (command.scope.empty()) return refuse(L, "resource id is required");
  if (!allowed(L, "pg.open", command.scope))
    return push_denied(L, "not allowed to access pg scope: " + command.scope);
  Isolate::from(L).issue(L, command);
  return 0;
}

int open(lua_State* L) {
  if (const int refused = issue_open(L); refused != 0) return refused;
  return Isolate::from(L).await(L, finish_open);
}

constexpr LibraryField fields[] = {{"open", open}};
const Library library{fields};

}  // namespace

const Module pg_module{"pg", &library, nullptr, false};

}  // namespace trivium::lua
