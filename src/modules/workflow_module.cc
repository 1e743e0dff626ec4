#include "modules/workflow_module.h"

#include <cmath>
#include <limits>

#include "core/entry_id.h"
#include "lua/codec.h"
#include "lua/error_object.h"
#include "lua/isolate.h"
#include "modules/arguments.h"
#include "modules/permission.h"
#include "modules/replies.h"
#include "modules/stored_fields.h"
#include "modules/workflow_updates.h"
#include "units/commands/workflow.h"

namespace trivium::lua {
namespace {

Error invalid(std::string message) { return Error::of(kind::invalid, std::move(message)); }

std::string_view check_string(lua_State* L, int index) {
  luaL_checktype(L, index, LUA_TSTRING);
  return *strict_string(L, index);
}

// The functions named issue_… return how many results a refused argument leaves, or 0 after issuing.

template <class StartCommand>
int issue_start(lua_State* L) {
  const std::string_view id = check_string(L, 1);
  if (id.empty()) return push_failure(L, invalid("workflow ID required"));
  if (!EntryId::parse(id).qualified()) {
    return push_failure(L, invalid("invalid workflow ID format (namespace:name required)"));
  }
  if (!allowed(L, "workflow.exec", id)) return push_denied(L, "not allowed: " + std::string(id));
  Isolate& isolate = Isolate::from(L);
  StartCommand command;
  command.id = id;
  Dropped dropped;
  command.arguments = encode_range(L, 2, lua_gettop(L) - 1, &dropped);
  if (!dropped.type.empty()) isolate.host().dropped("start of " + command.id, dropped.path, dropped.type);
  isolate.issue(L, command);
  return 0;
}

// execute and exec. What an error of a child looks like is decided by whoever carries the command out.
template <class StartCommand>
int start(lua_State* L) {
  if (const int refused = issue_start<StartCommand>(L); refused != 0) return refused;
  return Isolate::from(L).await(L, finish_value);
}

template <units::WorkflowInfo::Field field>
void issue_info(lua_State* L) {
  units::WorkflowInfo command;
  command.field = field;
  Isolate::from(L).issue(L, command);
}

template <units::WorkflowInfo::Field field>
int info(lua_State* L) {
  issue_info<field>(L);
  return Isolate::from(L).await(L, finish_value);
}

// Histories keep versions as integers of 32 bits.
int64_t check_version(lua_State* L, int index) {
  const lua_Number number = luaL_checknumber(L, index);
  using Bounds = std::numeric_limits<int32_t>;
  luaL_argcheck(L, number == std::floor(number) && number >= Bounds::min() && number <= Bounds::max(), index,
                "a version is an integer of 32 bits");
  return static_cast<int64_t>(number);
}

int issue_version(lua_State* L) {
  const std::string_view change_id = check_string(L, 1);
  units::WorkflowVersion command;
  command.min = check_version(L, 2);
  command.max = check_version(L, 3);
  if (change_id.empty()) return push_failure(L, invalid("change ID required"));
  if (command.min > command.max) {
    return push_failure(L, invalid("min_supported cannot be greater than max_supported"));
  }
  command.change_id = change_id;
  Isolate::from(L).issue(L, command);
  return 0;
}

int version(lua_State* L) {
  if (const int refused = issue_version(L); refused != 0) return refused;
  return Isolate::from(L).await(L, finish_value);
}

// The field `name` of the table at 1. Nil counts as absent.
Result<std::optional<Object>> attribute_table(lua_State* L, const char* name, bool search) {
  lua_getfield(L, 1, name);
  if (lua_isnil(L, -1)) return std::optional<Object>();
  if (!lua_istable(L, -1)) return trivium::fail(kind::invalid, std::string(name) + " must be a table");
  Result<Object> fields = search ? search_fields(L, -1) : memo_fields(L, -1, name);
  if (!fields) return trivium::fail(std::move(fields.error()));
  return std::optional<Object>(std::move(*fields));
}

int issue_attrs(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  Result<std::optional<Object>> search = attribute_table(L, "search", true);
  if (!search) return push_failure(L, search.error());
  Result<std::optional<Object>> memo = attribute_table(L, "memo", false);
  if (!memo) return push_failure(L, memo.error());
  if (!*search && !*memo) return push_failure(L, invalid("search or memo required"));
  units::WorkflowAttributes command;
  if (*search) command.search = std::move(**search);
  if (*memo) command.memo = std::move(**memo);
  Isolate::from(L).issue(L, command);
  return 0;
}

int attrs(lua_State* L) {
  if (const int refused = issue_attrs(L); refused != 0) return refused;
  return Isolate::from(L).await(L, finish_value);
}

int issue_on_query(lua_State* L) {
  const std::string_view name = check_string(L, 1);
  luaL_checktype(L, 2, LUA_TFUNCTION);
  if (name.empty()) return push_failure(L, invalid("query name required"));
  Isolate& isolate = Isolate::from(L);
  units::HandleQuery command;
  command.name = name;
  isolate.keep_function(L, 2, name);
  isolate.issue(L, command);
  return 0;
}

int on_query(lua_State* L) {
  if (const int refused = issue_on_query(L); refused != 0) return refused;
  return Isolate::from(L).await(L, finish_value);
}

int issue_query(lua_State* L) {
  units::QueryWorkflow command;
  command.destination = check_string(L, 1);
  command.name = check_string(L, 2);
  if (command.name.empty()) return push_failure(L, invalid("query name required"));
  Isolate& isolate = Isolate::from(L);
  Dropped dropped;
  command.arguments = encode_range(L, 3, lua_gettop(L) - 2, &dropped);
  if (!dropped.type.empty()) isolate.host().dropped("query " + command.name, dropped.path, dropped.type);
  isolate.issue(L, command);
  return 0;
}

int query(lua_State* L) {
  if (const int refused = issue_query(L); refused != 0) return refused;
  return Isolate::from(L).await(L, finish_value);
}

using Field = units::WorkflowInfo::Field;

constexpr LibraryField fields[] = {
    {"execute", start<units::ExecuteWorkflow>},
    {"exec", start<units::ExecChild>},
    {"info", info<Field::all>},
    {"history_length", info<Field::history_length>},
    {"history_size", info<Field::history_size>},
    {"version", version},
    {"attrs", attrs},
    {"on_query", on_query},
    {"query", query},
    {"on_update", workflow_on_update},
    {"update", workflow_update},
};
const Library library{fields};

}  // namespace

const Module workflow_module{"workflow", &library, nullptr, true};

}  // namespace trivium::lua
