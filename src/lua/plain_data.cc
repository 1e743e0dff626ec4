#include "lua/plain_data.h"

#include <cstdio>

#include "lua/error_object.h"
#include "lua/identities.h"
#include "lua/room_outside.h"
#include "lua/sandbox/frozen.h"

namespace trivium::lua {
namespace {

constexpr int max_depth = 128;
constexpr lua_Integer max_sparse = 1 << 16;

// Of an object with two or three members.
constexpr size_t size_of_table = 256;

// About what the value at `index` becomes, of a table without its values.
size_t size_in_plain(lua_State* L, int index) {
  const int type = lua_type(L, index);
  if (type == LUA_TTABLE) return size_of_table;
  return sizeof(Value) + (type == LUA_TSTRING ? lua_rawlen(L, index) : 0);
}

// False: there is not so much room left.
bool take(size_t& room, size_t size) {
  if (size > room) return false;
  room -= size;
  return true;
}

std::string key_text(lua_State* L, int index) {
  if (lua_type(L, index) == LUA_TBOOLEAN) return lua_toboolean(L, index) ? "true" : "false";
  return describe(L, index);
}

// The highest positive integer key with a value, or 0; `members` counts all.
lua_Integer highest_index(lua_State* L, int table, lua_Integer& members) {
  lua_Integer highest = 0;
  lua_pushnil(L);
  while (lua_next(L, table) != 0) {
    if (lua_isinteger(L, -2) && lua_tointeger(L, -2) > highest) highest = lua_tointeger(L, -2);
    ++members;
    lua_pop(L, 1);
  }
  return highest;
}

// `room`: for how many more bytes there is room.
Result<Value> convert(lua_State* L, int index, int depth, size_t& room);

Result<Value> convert_contents(lua_State* L, int table, int depth, size_t& room) {
  if (depth >= max_depth)
    return fail(kind::internal, "value is nested more than 128 levels deep or contains itself");
  luaL_checkstack(L, 6, "value is nested too deeply");
  lua_Integer members = 0;
  if (const lua_Integer highest = highest_index(L, table, members); highest > 0) {
    // One far index must not cost the memory of all the holes before it.
    if (highest > max_sparse && highest / 16 > members) {
      return fail(kind::invalid,
                  "list with " + std::to_string(members) + " elements has index " + std::to_string(highest));
    }
    Array array;
    for (lua_Integer i = 1; i <= highest; ++i) {
      lua_rawgeti(L, table, i);
      Result<Value> element = convert(L, lua_gettop(L), depth + 1, room);
      lua_pop(L, 1);
      if (!element) return element;
      array.push_back(std::move(*element));
    }
    return Value(std::move(array));
  }
  Object object;
  lua_pushnil(L);
  while (lua_next(L, table) != 0) {
    Result<Value> member = convert(L, lua_gettop(L), depth + 1, room);
    if (!member) {
      lua_pop(L, 2);
      return member;
    }
    object.set(key_text(L, lua_gettop(L) - 1), std::move(*member));
    lua_pop(L, 1);
  }
  return Value(std::move(object));
}

Result<Value> convert_table(lua_State* L, int index, int depth, size_t& room) {
  luaL_checkstack(L, 4, "value is nested too deeply");
  push_contents(L, index);
  Result<Value> converted = convert_contents(L, lua_gettop(L), depth, room);
  lua_pop(L, 1);
  return converted;
}

Result<Value> convert(lua_State* L, int index, int depth, size_t& room) {
  if (!take(room, size_in_plain(L, index))) {
    return fail(kind::invalid, "value is larger than " + std::to_string(room_outside(L)) + " bytes");
  }
  switch (lua_type(L, index)) {
    case LUA_TNIL:
    case LUA_TNONE:
      return Value();
    case LUA_TBOOLEAN:
      return Value(lua_toboolean(L, index) != 0);
    case LUA_TNUMBER:
      if (lua_isinteger(L, index)) return Value(static_cast<int64_t>(lua_tointeger(L, index)));
      return Value(static_cast<double>(lua_tonumber(L, index)));
    case LUA_TSTRING: {
      size_t length = 0;
      const char* text = lua_tolstring(L, index, &length);
      return Value(std::string_view(text, length));
    }
    case LUA_TTABLE:
      return convert_table(L, index, depth, room);
    default:
      return Value(describe(L, index));
  }
}

}  // namespace

Result<Value> to_plain(lua_State* L, int index) {
  size_t room = room_outside(L);
  return convert(L, lua_absindex(L, index), 0, room);
}

namespace {

// Deeper levels, and so cycles, are cut off, and what there is no room for.
Value details_at(lua_State* L, int index, int depth, size_t& room) {
  if (depth >= max_depth || !take(room, size_of_table)) return Value();
  luaL_checkstack(L, 6, "details are nested too deeply");
  push_contents(L, index);
  const int table = lua_gettop(L);
  Object object;
  lua_pushnil(L);
  while (lua_next(L, table) != 0) {
    if (lua_type(L, -2) == LUA_TSTRING) {
      size_t length = 0;
      const char* key = lua_tolstring(L, -2, &length);
      const int value = lua_gettop(L);
      object.set(std::string_view(key, length), lua_type(L, value) == LUA_TTABLE
                                                    ? details_at(L, value, depth + 1, room)
                                                    : convert(L, value, 0, room).value_or(Value()));
    }
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
  return Value(std::move(object));
}

}  // namespace

Value to_details(lua_State* L, int index) {
  size_t room = room_outside(L);
  return details_at(L, lua_absindex(L, index), 0, room);
}

Result<Object> to_plain_object(lua_State* L, int index) {
  size_t room = room_outside(L);
  push_contents(L, index);
  const int table = lua_gettop(L);
  Object object;
  lua_pushnil(L);
  while (lua_next(L, table) != 0) {
    if (lua_type(L, -2) == LUA_TSTRING) {
      Result<Value> member = convert(L, lua_gettop(L), 1, room);
      if (!member) {
        lua_settop(L, table - 1);
        return fail(std::move(member.error()));
      }
      size_t length = 0;
      const char* key = lua_tolstring(L, -2, &length);
      object.set(std::string_view(key, length), std::move(*member));
    }
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
  return object;
}

void push_plain(lua_State* L, const Value& value) {
  luaL_checkstack(L, 4, "value is nested too deeply");
  if (value.is_bool()) {
    lua_pushboolean(L, value.as_bool());
  } else if (value.is_int()) {
    lua_pushinteger(L, value.as_int());
  } else if (value.is_double()) {
    lua_pushnumber(L, value.as_double());
  } else if (value.is_string()) {
    lua_pushlstring(L, value.as_string().data(), value.as_string().size());
  } else if (value.is_array()) {
    lua_createtable(L, static_cast<int>(value.as_array().size()), 0);
    lua_Integer i = 0;
    for (const Value& element : value.as_array()) {
      push_plain(L, element);
      lua_rawseti(L, -2, ++i);
    }
  } else if (value.is_object()) {
    // An allocated hash part marks the table as an object even while it is empty.
    lua_createtable(L, 0, static_cast<int>(value.as_object().size()) + (value.as_object().empty() ? 1 : 0));
    for (const auto& [key, member] : value.as_object()) {
      lua_pushlstring(L, key.data(), key.size());
      push_plain(L, member);
      lua_rawset(L, -3);
    }
  } else {
    lua_pushnil(L);
  }
}

std::string describe(lua_State* L, int index) {
  index = lua_absindex(L, index);
  if (const Error* error = test_error(L, index)) return error->message;
  switch (lua_type(L, index)) {
    case LUA_TNIL:
    case LUA_TNONE:
      return "nil";
    case LUA_TBOOLEAN:
      return lua_toboolean(L, index) ? "true" : "false";
    case LUA_TNUMBER:
    case LUA_TSTRING: {
      lua_pushvalue(L, index);  // lua_tolstring changes a number in place
      size_t length = 0;
      const char* text = lua_tolstring(L, -1, &length);
      std::string copy(text, length);
      lua_pop(L, 1);
      return copy;
    }
    default: {
      char address[32];
      write_address(L, lua_topointer(L, index), address, sizeof address);
      return std::string(luaL_typename(L, index)) + ": " + address;
    }
  }
}

}  // namespace trivium::lua
