#include "modules/spawner.h"

#include <optional>

#include "core/entry_id.h"
#include "lua/codec.h"
#include "lua/error_object.h"
#include "lua/isolate.h"
#include "lua/sandbox/frozen.h"
#include "modules/arguments.h"
#include "modules/identity.h"
#include "modules/permission.h"
#include "modules/replies.h"
#include "modules/settings.h"
#include "modules/userdata.h"

namespace trivium::lua {
namespace {

struct Spawner {
  units::CallSettings settings;
  std::optional<Error> refused;  // what is wrong with the options: told by spawn, like other wrong options
  std::string name;
  std::vector<Message> messages;
};

Spawner& check_spawner(lua_State* L);
int push_spawner(lua_State* L, Spawner spawner);

[[noreturn]] void raise(lua_State* L, const Error& error) {
  push_error(L, error);
  lua_error(L);
  __builtin_unreachable();
}

void check_may_set_context(lua_State* L) {
  if (!allowed(L, "process.context", "context"))
    raise_denied(L, "not allowed to spawn processes with custom context");
}

void check_may_set_identity(lua_State* L) {
  if (!allowed(L, "process.security", "security"))
    raise_denied(L, "not allowed to spawn processes with custom security context");
}

// A spawner carries the actor and the scope that were set, or those of its maker, if there are any.
void check_may_pass_on_identity(lua_State* L, const units::CallSettings& settings) {
  const FrameRef& frame = Isolate::from(L).host().frame();
  const bool inherits = frame && (frame->actor || frame->policies);
  if (inherits || settings.actor || settings.policies) check_may_set_identity(L);
}

void set_context(lua_State* L, int index, Spawner& spawner) {
  if (Result<> done = merge_values(L, index, spawner.settings); !done) raise(L, done.error());
}

void set_options(lua_State* L, int index, Spawner& spawner) {
  if (Result<> done = merge_options(L, index, spawner.settings); !done) {
    if (done.error().kind != kind::invalid) raise(L, done.error());
    spawner.refused = std::move(done.error());
  }
  if (Result<> done = check_network(L, spawner.settings); !done) raise(L, done.error());
}

template <void (*set)(lua_State*, int, Spawner&)>
int with(lua_State* L) {
  Spawner changed = check_spawner(L);
  check_may_set_context(L);
  check_may_pass_on_identity(L, changed.settings);
  luaL_checktype(L, 2, LUA_TTABLE);
  set(L, 2, changed);
  return push_spawner(L, std::move(changed));
}

template <void (*set)(lua_State*, int, units::CallSettings&)>
int with_identity(lua_State* L) {
  Spawner changed = check_spawner(L);
  check_may_set_identity(L);
  set(L, 2, changed.settings);
  return push_spawner(L, std::move(changed));
}

int with_name(lua_State* L) {
  Spawner changed = check_spawner(L);
  changed.name = check_string_like(L, 2);
  if (changed.name.empty()) return luaL_error(L, "name cannot be empty");
  return push_spawner(L, std::move(changed));
}

int with_message(lua_State* L) {
  Spawner changed = check_spawner(L);
  Message message;
  message.topic = check_string_like(L, 2);
  if (message.topic.starts_with('@')) return luaL_error(L, "cannot send to @ topics");
  message.values = encode_range(L, 3, lua_gettop(L) - 2);
  changed.messages.push_back(std::move(message));
  return push_spawner(L, std::move(changed));
}

int issue_spawn(lua_State* L, bool monitor, bool link) {
  const Spawner& spawner = check_spawner(L);
  units::Spawn command;
  command.monitor = monitor;
  command.link = link;
  if (const int refused = read_spawn(L, 2, command); refused != 0) return refused;
  if (spawner.refused) return push_failure(L, *spawner.refused);
  command.settings = spawner.settings;
  command.name = spawner.name;
  command.messages = spawner.messages;
  Isolate::from(L).issue(L, command);
  return 0;
}

template <bool monitor, bool link>
int spawn(lua_State* L) {
  if (const int refused = issue_spawn(L, monitor, link); refused != 0) return refused;
  return Isolate::from(L).await(L, finish_value);
}

int issue_exec(lua_State* L) {
  const Spawner& spawner = check_spawner(L);
  units::Exec command;
  if (const int refused = read_exec(L, 2, command); refused != 0) return refused;
  if (spawner.refused) return push_failure(L, *spawner.refused);
  command.settings = spawner.settings;
  Isolate::from(L).issue(L, command);
  return 0;
}

int exec(lua_State* L) {
  if (const int refused = issue_exec(L); refused != 0) return refused;
  return Isolate::from(L).await(L, finish_value);
}

int text(lua_State* L) {
  check_spawner(L);
  lua_pushliteral(L, "process.SpawnBuilder{}");
  return 1;
}

constexpr luaL_Reg methods[] = {
    {"with_context", with<set_context>},
    {"with_options", with<set_options>},
    {"with_actor", with_identity<set_actor>},
    {"with_scope", with_identity<set_scope>},
    {"with_name", with_name},
    {"with_message", with_message},
    {"spawn", spawn<false, false>},
    {"spawn_monitored", spawn<true, false>},
    {"spawn_linked", spawn<false, true>},
    {"spawn_linked_monitored", spawn<true, true>},
    {"exec", exec},
    {nullptr, nullptr},
};
constexpr UserdataClass spawner_class{"process.SpawnBuilder", methods, text};

Spawner& check_spawner(lua_State* L) { return check_userdata<Spawner>(L, 1, spawner_class); }

int push_spawner(lua_State* L, Spawner spawner) {
  push_userdata(L, spawner_class, std::move(spawner));
  return 1;
}

// The constructors, unlike the methods, insist on string keys.
void check_string_keys(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  push_contents(L, 1);
  lua_pushnil(L);
  while (lua_next(L, -2) != 0) {
    if (lua_type(L, -2) != LUA_TSTRING) luaL_error(L, "keys must be strings, got %s", luaL_typename(L, -2));
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
}

Values arguments_from(lua_State* L, int index, const std::string& id) {
  Dropped dropped;
  Values values = encode_range(L, index, std::max(0, lua_gettop(L) - index + 1), &dropped);
  if (!dropped.type.empty()) Isolate::from(L).host().dropped("spawn of " + id, dropped.path, dropped.type);
  return values;
}

}  // namespace

int process_with_context(lua_State* L) {
  check_may_set_context(L);
  check_string_keys(L);
  Spawner spawner;
  set_context(L, 1, spawner);
  return push_spawner(L, std::move(spawner));
}

int process_with_options(lua_State* L) {
  check_may_set_context(L);
  check_string_keys(L);
  Spawner spawner;
  set_options(L, 1, spawner);
  return push_spawner(L, std::move(spawner));
}

int read_spawn(lua_State* L, int index, units::Spawn& spawn) {
  if (lua_gettop(L) < index + 1) {
    return push_failure(L,
                        Error::of(kind::invalid, "process ID and host are required: spawn(id, host, ...)"));
  }
  spawn.id = check_string_like(L, index);
  spawn.host = check_string_like(L, index + 1);
  const auto refuse = [&](const char* what, const std::string& resource) {
    return push_denied(L, "not allowed to spawn " + (what + (": " + resource)));
  };
  if (!allowed(L, "process.spawn", spawn.id)) return refuse("process", spawn.id);
  if (!allowed(L, "process.host", spawn.host)) return refuse("on host", spawn.host);
  if (spawn.monitor && !allowed(L, "process.spawn.monitored", spawn.id))
    return refuse("monitored process", spawn.id);
  if (spawn.link && !allowed(L, "process.spawn.linked", spawn.id)) return refuse("linked process", spawn.id);
  spawn.arguments = arguments_from(L, index + 2, spawn.id);
  return 0;
}

int read_exec(lua_State* L, int index, units::Exec& exec) {
  if (lua_gettop(L) < index + 1) {
    return push_failure(L, Error::of(kind::invalid, "process ID and host are required: exec(id, host, ...)"));
  }
  exec.id = check_string_like(L, index);
  exec.host = check_string_like(L, index + 1);
  if (exec.id.empty()) return push_failure(L, Error::of(kind::invalid, "process ID required"));
  if (!EntryId::parse(exec.id).qualified()) {
    return push_failure(L, Error::of(kind::invalid, "invalid process ID format (namespace:name required)"));
  }
  if (exec.host.empty()) return push_failure(L, Error::of(kind::invalid, "host ID required"));
  if (!allowed(L, "process.exec", exec.id)) return push_denied(L, "not allowed to exec process: " + exec.id);
  if (!allowed(L, "process.host", exec.host))
    return push_denied(L, "not allowed to exec on host: " + exec.host);
  exec.arguments = arguments_from(L, index + 2, exec.id);
  return 0;
}

}  // namespace trivium::lua
