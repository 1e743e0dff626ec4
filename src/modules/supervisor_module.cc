#include "modules/supervisor_module.h"

#include "core/entry_id.h"
#include "lua/error_object.h"
#include "lua/isolate.h"
#include "lua/plain_data.h"
#include "lua/sandbox/frozen.h"
#include "modules/arguments.h"
#include "modules/replies.h"
#include "units/commands/supervision.h"

namespace trivium::lua {
namespace {

using units::ControlChild;

Error invalid(std::string message) { return Error::of(kind::invalid, std::move(message)); }

// The functions named issue_… return how many results a refused argument leaves, or 0 after issuing.

// The address in the first argument: an entry, and for a supervisor written inside it the way there.
int read_address(lua_State* L, std::string& address) {
  address = check_string_like(L, 1);
  if (EntryId::parse(address).qualified()) return 0;
  return push_failure(L, invalid("invalid supervisor \"" + address + "\": write namespace:name"));
}

int issue_start(lua_State* L) {
  units::StartChild command;
  if (const int refused = read_address(L, command.supervisor); refused != 0) return refused;
  if (!lua_isnoneornil(L, 2)) {
    luaL_checktype(L, 2, LUA_TTABLE);
    see_through(L, 2);
    Result<Object> fields = to_plain_object(L, 2);
    if (!fields) return push_failure(L, fields.error());
    command.fields = std::move(*fields);
  }
  Isolate::from(L).issue(L, command);
  return 0;
}

int start_child(lua_State* L) {
  if (const int refused = issue_start(L); refused != 0) return refused;
  return Isolate::from(L).await(L, finish_value);
}

int issue_control(lua_State* L, ControlChild::Verb verb) {
  ControlChild command;
  command.verb = verb;
  if (const int refused = read_address(L, command.supervisor); refused != 0) return refused;
  command.child = check_string_like(L, 2);
  Isolate::from(L).issue(L, command);
  return 0;
}

template <ControlChild::Verb verb>
int control(lua_State* L) {
  if (const int refused = issue_control(L, verb); refused != 0) return refused;
  return Isolate::from(L).await(L, finish_value);
}

int issue_list(lua_State* L, bool count) {
  units::ListChildren command;
  command.count = count;
  if (const int refused = read_address(L, command.supervisor); refused != 0) return refused;
  Isolate::from(L).issue(L, command);
  return 0;
}

template <bool count>
int list(lua_State* L) {
  if (const int refused = issue_list(L, count); refused != 0) return refused;
  return Isolate::from(L).await(L, finish_value);
}

constexpr LibraryField fields[] = {
    {"start_child", start_child},
    {"terminate_child", control<ControlChild::Verb::terminate>},
    {"stop_child", control<ControlChild::Verb::terminate>},
    {"restart_child", control<ControlChild::Verb::restart>},
    {"which_children", list<false>},
    {"count_children", list<true>},
};
const Library library{fields};

}  // namespace

const Module supervisor_module{"supervisor", &library, nullptr, false};

}  // namespace trivium::lua
