#include "modules/stored_fields.h"

#include <functional>
#include <string>

#include "core/time_layout.h"
#include "lua/plain_data.h"
#include "lua/sandbox/frozen.h"
#include "modules/arguments.h"
#include "modules/json_module.h"
#include "modules/time_values.h"
#include "units/payload_limit.h"

namespace trivium::lua {
namespace {

// `convert` makes data of the value on top of the stack, and leaves the stack as it is.
Result<Object> fields_of(lua_State* L, int table,
                         const std::function<Result<Value>(std::string_view key)>& convert) {
  const int top = lua_gettop(L);
  push_contents(L, table);
  Object fields;
  lua_pushnil(L);
  while (lua_next(L, top + 1) != 0) {
    if (lua_type(L, -2) == LUA_TSTRING) {
      const std::string_view key = *strict_string(L, -2);
      Result<Value> field = convert(key);
      if (!field) {
        lua_settop(L, top);
        return trivium::fail(std::move(field.error()));
      }
      fields.set(key, std::move(*field));
    }
    lua_pop(L, 1);
  }
  lua_settop(L, top);
  return fields;
}

Result<Value> search_value(lua_State* L) {
  if (const TimePoint* time = test_time(L, -1)) {
    return Value(Object{{"datetime", format_time(*time, layout::rfc3339_nano)}});
  }
  switch (lua_type(L, -1)) {
    case LUA_TBOOLEAN:
    case LUA_TNUMBER:
      return to_plain(L, -1);
    case LUA_TSTRING:
    case LUA_TTABLE: {
      Result<Value> value = to_json(L, -1, units::max_payload_bytes);
      // An empty table is no list of words.
      if (value && value->is_array() && value->as_array().empty()) return Value(Object());
      return value;
    }
    default:
      return trivium::fail(kind::invalid, std::string("unsupported value type ") + luaL_typename(L, -1));
  }
}

}  // namespace

Result<Object> memo_fields(lua_State* L, int table, std::string_view name) {
  return fields_of(L, table, [L, name](std::string_view key) {
    Result<Value> value = to_json(L, -1, units::max_payload_bytes);
    if (value) return value;
    return Result<Value>(trivium::fail(
        kind::invalid, std::string(name) + " field \"" + std::string(key) + "\": " + value.error().message));
  });
}

Result<Object> search_fields(lua_State* L, int table) {
  return fields_of(L, table, [L](std::string_view key) {
    Result<Value> value = search_value(L);
    if (value) return value;
    return Result<Value>(trivium::fail(
        kind::invalid, "search attribute \"" + std::string(key) + "\": " + value.error().message));
  });
}

Result<Object> plain_options(lua_State* L, int index) {
  index = lua_absindex(L, index);
  const std::pair<const char*, bool> names[] = {{"workflow.memo", false},
                                                {"temporal.workflow.memo", false},
                                                {"workflow.search_attributes", true},
                                                {"workflow.typed_search_attributes", true},
                                                {"temporal.workflow.search_attributes", true},
                                                {"temporal.workflow.typed_search_attributes", true}};
  Object stored;
  for (const auto& [name, search] : names) {
    lua_getfield(L, index, name);
    if (lua_istable(L, -1)) {
      Result<Object> fields = search ? search_fields(L, -1) : memo_fields(L, -1, name);
      if (!fields) {
        lua_pop(L, 1);
        return fields;
      }
      stored.set(name, std::move(*fields));
    }
    lua_pop(L, 1);
  }
  Result<Object> options = to_plain_object(L, index);
  if (!options) return options;
  for (auto& [name, fields] : stored) {
    Value* plain = options->find(name);
    if (plain == nullptr || !plain->is_object()) continue;  // a list: whoever reads the options refuses it
    for (auto& [key, value] : fields.as_object()) plain->as_object().set(key, std::move(value));
  }
  return options;
}

}  // namespace trivium::lua
