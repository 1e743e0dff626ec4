#include "modules/process_module.h"

#include "lua/codec.h"
#include "lua/error_object.h"
#include "lua/isolate.h"
#include "lua/sandbox/frozen.h"
#include "modules/arguments.h"
#include "modules/permission.h"
#include "modules/process_receiving.h"
#include "modules/replies.h"
#include "modules/spawner.h"
#include "units/commands/processes.h"
#include "units/pid.h"

namespace trivium::lua {
namespace {

using units::Control;
using units::NameOperation;

int pid(lua_State* L) {
  push_text(L, Isolate::from(L).host().pid());
  return 1;
}

int id(lua_State* L) {
  push_text(L, Isolate::from(L).host().entry_id());
  return 1;
}

// --- send -------------------------------------------------------------------------------------------

int issue_send(lua_State* L) {
  if (lua_gettop(L) < 2) {
    return push_failure(
        L, Error::of(kind::invalid, "destination and topic are required: send(dest, topic, ...)"));
  }
  units::Send command;
  command.destination = check_string_like(L, 1);
  command.topic = check_string_like(L, 2);
  if (command.topic.starts_with('@'))
    return push_failure(L, Error::of(kind::invalid, "cannot send to @ topics"));
  Dropped dropped;
  command.values = encode_range(L, 3, lua_gettop(L) - 2, &dropped);
  if (!dropped.type.empty())
    Isolate::from(L).host().dropped("send of " + std::string(command.topic), dropped.path, dropped.type);
  Isolate::from(L).issue(L, command);
  return 0;
}

int send(lua_State* L) {
  if (const int refused = issue_send(L); refused != 0) return refused;
  return Isolate::from(L).await(L, finish_value);
}

// --- spawn ------------------------------------------------------------------------------------------

int issue_spawn(lua_State* L, bool monitor, bool link) {
  units::Spawn command;
  command.monitor = monitor;
  command.link = link;
  if (const int refused = read_spawn(L, 1, command); refused != 0) return refused;
  Isolate::from(L).issue(L, command);
  return 0;
}

template <bool monitor, bool link>
int spawn(lua_State* L) {
  if (const int refused = issue_spawn(L, monitor, link); refused != 0) return refused;
  return Isolate::from(L).await(L, finish_value);
}

int issue_exec(lua_State* L) {
  units::Exec command;
  if (const int refused = read_exec(L, 1, command); refused != 0) return refused;
  Isolate::from(L).issue(L, command);
  return 0;
}

int exec(lua_State* L) {
  if (const int refused = issue_exec(L); refused != 0) return refused;
  return Isolate::from(L).await(L, finish_value);
}

// --- cancel, terminate, monitors, links ---------------------------------------------------------------

int issue_control(lua_State* L, Control::Verb verb) {
  if (lua_gettop(L) == 0) return push_failure(L, Error::of(kind::invalid, "PID or registered name required"));
  Control command;
  command.verb = verb;
  command.destination = check_string_like(L, 1);
  if (verb == Control::Verb::cancel && lua_gettop(L) >= 2) command.reason = check_string_like(L, 2);
  Isolate::from(L).issue(L, command);
  return 0;
}

template <Control::Verb verb>
int control(lua_State* L) {
  if (const int refused = issue_control(L, verb); refused != 0) return refused;
  return Isolate::from(L).await(L, finish_value);
}

void issue_upgrade(lua_State* L) {
  units::Upgrade command;
  if (lua_type(L, 1) == LUA_TSTRING) command.id = check_string_like(L, 1);
  command.arguments = encode_range(L, 2, std::max(0, lua_gettop(L) - 1));
  Isolate::from(L).issue(L, command);
}

// It never returns, so code behind it does not expect to run.
int raise_refusal(lua_State* L, Reply& reply) {
  if (!reply.error) return finish_value(L, reply);
  push_error(L, *reply.error);
  return lua_error(L);
}

int upgrade(lua_State* L) {
  issue_upgrade(L);
  return Isolate::from(L).await(L, raise_refusal);
}

// --- names ------------------------------------------------------------------------------------------

constexpr lua_Integer local_scope = 0;

// The end of an action's name.
const char* scope_suffix(lua_Integer scope) {
  switch (scope) {
    case local_scope:
      return "";
    case 1:
      return ".eventual";
    case 2:
      return ".consistent";
    default:
      return ".strong";
  }
}

// Nothing (0) when the scope argument is local, and the unit may do `verb` to the name. Scopes beyond this
// node need a cluster.
int refuse_scope(lua_State* L, int index, const std::string& verb, const std::string& name) {
  lua_Integer scope = local_scope;
  if (!lua_isnoneornil(L, index)) {
    if (lua_type(L, index) != LUA_TNUMBER)
      return push_failure(L, Error::of(kind::invalid, "scope must be a number"));
    scope = static_cast<lua_Integer>(lua_tonumber(L, index));
  }
  if (!allowed(L, "process.registry." + verb + scope_suffix(scope), name))
    return push_denied(L, "not allowed to " + verb + " name: " + name);
  if (scope == local_scope) return 0;
  return push_failure(L, Error::of(kind::internal, scope == 1 ? "eventual registry not available"
                                                              : "global registry not available"));
}

int issue_name(lua_State* L, NameOperation::Verb verb) {
  NameOperation command;
  command.verb = verb;
  command.name = check_string_like(L, 1);
  if (verb == NameOperation::Verb::register_name) {
    if (!lua_isnoneornil(L, 2)) {
      if (lua_type(L, 2) != LUA_TSTRING)
        return push_failure(L, Error::of(kind::invalid, "pid must be a string"));
      command.pid = check_string_like(L, 2);
      if (!units::looks_like_pid(command.pid)) {
        return push_failure(L, Error::of(kind::invalid, "invalid pid: " + command.pid));
      }
      if (command.pid != Isolate::from(L).host().pid() &&
          !allowed(L, "process.registry.foreign", command.pid)) {
        return push_denied(L, "not allowed to register foreign pid: " + command.pid);
      }
    }
    if (const int refused = refuse_scope(L, 3, "register", command.name); refused != 0) return refused;
  } else if (verb == NameOperation::Verb::unregister) {
    if (const int refused = refuse_scope(L, 2, "unregister", command.name); refused != 0) return refused;
  }
  Isolate::from(L).issue(L, command);
  return 0;
}

template <NameOperation::Verb verb>
int name(lua_State* L) {
  if (const int refused = issue_name(L, verb); refused != 0) return refused;
  return Isolate::from(L).await(L, finish_value);
}

template <lua_Integer value>
void push_integer(lua_State* L) {
  lua_pushinteger(L, value);
}

constexpr LibraryField registry_fields[] = {
    {"register", name<NameOperation::Verb::register_name>},
    {"lookup", name<NameOperation::Verb::lookup>},
    {"unregister", name<NameOperation::Verb::unregister>},
    {"LOCAL", nullptr, push_integer<local_scope>},
    {"EVENTUAL", nullptr, push_integer<1>},
    {"CONSISTENT", nullptr, push_integer<2>},
    {"STRONG", nullptr, push_integer<3>},
};
const Library registry_library{registry_fields};

// --- options ------------------------------------------------------------------------------------------

int get_options(lua_State* L) {
  const UnitOptions options = Isolate::from(L).host().unit_options();
  lua_createtable(L, 0, 2);
  lua_pushboolean(L, options.trap_links);
  lua_setfield(L, -2, "trap_links");
  lua_pushboolean(L, options.upgradable);
  lua_setfield(L, -2, "upgradable");
  return 1;
}

int refuse_options(lua_State* L, std::string message) {
  lua_pushboolean(L, 0);
  push_error(L, Error::of(kind::invalid, std::move(message)));
  return 2;
}

int set_options(lua_State* L) {
  if (!lua_istable(L, 1)) return refuse_options(L, "options parameter must be a table");
  Host& host = Isolate::from(L).host();
  UnitOptions options = host.unit_options();
  std::string refused;
  see_through(L, 1);
  lua_pushnil(L);
  while (lua_next(L, 1) != 0) {
    if (lua_type(L, -2) == LUA_TSTRING) {
      const std::string_view key = lua_tostring(L, -2);
      bool* option = key == "trap_links"   ? &options.trap_links
                     : key == "upgradable" ? &options.upgradable
                                           : nullptr;
      if (option == nullptr) {
        refused = "option " + std::string(key) + " is not supported";
      } else if (!lua_isboolean(L, -1)) {
        refused = std::string(key) + " must be a boolean";
      } else {
        *option = lua_toboolean(L, -1) != 0;
      }
    }
    lua_pop(L, 1);
  }
  host.set_unit_options(options);
  if (!refused.empty()) return refuse_options(L, std::move(refused));
  lua_pushboolean(L, 1);
  lua_pushnil(L);
  return 2;
}

// --- the library --------------------------------------------------------------------------------------

template <const char* text>
void push_constant(lua_State* L) {
  lua_pushstring(L, text);
}

constexpr char cancel_event[] = "pid.cancel";
constexpr char exit_event[] = "pid.exit";
constexpr char link_down_event[] = "pid.link.down";
constexpr char outdated_event[] = "pid.outdated";

constexpr LibraryField event_fields[] = {
    {"CANCEL", nullptr, push_constant<cancel_event>},
    {"EXIT", nullptr, push_constant<exit_event>},
    {"LINK_DOWN", nullptr, push_constant<link_down_event>},
    {"OUTDATED", nullptr, push_constant<outdated_event>},
};
const Library event_library{event_fields};

template <const Library& library>
void push(lua_State* L) {
  push_library(L, library);
}

constexpr LibraryField fields[] = {
    {"pid", pid},
    {"id", id},
    {"send", send},
    {"spawn", spawn<false, false>},
    {"spawn_monitored", spawn<true, false>},
    {"spawn_linked", spawn<false, true>},
    {"spawn_linked_monitored", spawn<true, true>},
    {"exec", exec},
    {"with_context", process_with_context},
    {"with_options", process_with_options},
    {"cancel", control<Control::Verb::cancel>},
    {"terminate", control<Control::Verb::terminate>},
    {"monitor", control<Control::Verb::monitor>},
    {"unmonitor", control<Control::Verb::unmonitor>},
    {"link", control<Control::Verb::link>},
    {"unlink", control<Control::Verb::unlink>},
    {"upgrade", upgrade},
    {"inbox", process_inbox},
    {"events", process_events},
    {"listen", process_listen},
    {"unlisten", process_unlisten},
    {"get_options", get_options},
    {"set_options", set_options},
    {"registry", nullptr, push<registry_library>},
    {"event", nullptr, push<event_library>},
};

}  // namespace

const Library process_library{fields};

}  // namespace trivium::lua
