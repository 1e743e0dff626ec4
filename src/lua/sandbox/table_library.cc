// `table`. Everything here reads and writes raw, as lists of plain data need.
#include <algorithm>
#include <climits>

#include "lua/error_object.h"
#include "lua/sandbox/frozen.h"
#include "lua/sandbox/libraries.h"
#include "lua/sandbox/stock.h"
#include "lua/sandbox/text_argument.h"

namespace trivium::lua {
namespace {

// More than this is not reserved ahead; such a table grows like any other.
constexpr lua_Integer max_reserved = 1 << 20;

lua_Integer length_of(lua_State* L, int index) { return static_cast<lua_Integer>(lua_rawlen(L, index)); }

// The table at argument 1, replaced by its contents if it is frozen.
void check_readable(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  see_through(L, 1);
}

void check_writable(lua_State* L, const char* refusal) {
  luaL_checktype(L, 1, LUA_TTABLE);
  if (is_frozen(L, 1)) luaL_error(L, "%s", refusal);
}

// Integer parameters take any number; fractions are cut.
lua_Integer check_position(lua_State* L, int arg) {
  int is_integer = 0;
  const lua_Integer position = lua_tointegerx(L, arg, &is_integer);
  if (is_integer != 0) return position;
  const lua_Number number = luaL_checknumber(L, arg);
  if (number > -9e15 && number < 9e15) return static_cast<lua_Integer>(number);
  return luaL_checkinteger(L, arg);
}

lua_Integer optional_position(lua_State* L, int arg, lua_Integer fallback) {
  return lua_isnoneornil(L, arg) ? fallback : check_position(L, arg);
}

int table_insert(lua_State* L) {
  check_writable(L, "attempt to insert into Immutable table");
  const int arguments = lua_gettop(L);
  if (arguments < 2) return luaL_error(L, "wrong number of arguments to 'insert'");
  const lua_Integer length = length_of(L, 1);
  if (arguments == 2) {
    if (!lua_isnil(L, 2)) lua_rawseti(L, 1, length + 1);
    return 0;
  }
  const lua_Integer position = check_position(L, 2);
  lua_settop(L, 3);
  if (position >= 1 && position <= length) {
    for (lua_Integer i = length; i >= position; --i) {
      lua_rawgeti(L, 1, i);
      lua_rawseti(L, 1, i + 1);
    }
  }
  lua_rawseti(L, 1, position);
  return 0;
}

int table_remove(lua_State* L) {
  check_writable(L, "attempt to remove from Immutable table");
  const lua_Integer length = length_of(L, 1);
  const lua_Integer position = optional_position(L, 2, length);
  if (position < 1 || position > length) {
    lua_pushnil(L);
    return 1;
  }
  lua_rawgeti(L, 1, position);
  for (lua_Integer i = position; i < length; ++i) {
    lua_rawgeti(L, 1, i + 1);
    lua_rawseti(L, 1, i);
  }
  lua_pushnil(L);
  lua_rawseti(L, 1, length);
  return 1;
}

int table_concat(lua_State* L) {
  check_readable(L);
  lua_settop(L, 4);
  if (lua_isnil(L, 2)) {
    lua_pushliteral(L, "");
    lua_replace(L, 2);
  }
  const std::string_view separator = to_string_argument(L, 2);
  const lua_Integer first = optional_position(L, 3, 1);
  const lua_Integer last = optional_position(L, 4, length_of(L, 1));
  luaL_Buffer buffer;
  luaL_buffinit(L, &buffer);
  for (lua_Integer i = first; i <= last; ++i) {
    lua_rawgeti(L, 1, i);
    flatten_error(L, -1);
    if (lua_isstring(L, -1) == 0) {
      return luaL_error(L, "invalid value (%s) at index %I in table for concat", luaL_typename(L, -1),
                        static_cast<LUAI_UACINT>(i));
    }
    luaL_addvalue(&buffer);
    if (i == last) break;  // before `i` could overflow
    luaL_addlstring(&buffer, separator.data(), separator.size());
  }
  luaL_pushresult(&buffer);
  return 1;
}

int table_sort(lua_State* L) {
  static const lua_CFunction sort = stock_function("table", "sort");
  check_writable(L, "attempt to sort Immutable table");
  return sort(L);
}

int table_getn(lua_State* L) {
  check_readable(L);
  lua_pushinteger(L, length_of(L, 1));
  return 1;
}

int table_maxn(lua_State* L) {
  check_readable(L);
  lua_settop(L, 1);
  lua_Number largest = 0;
  lua_pushnil(L);
  while (lua_next(L, 1) != 0) {
    lua_pop(L, 1);
    if (lua_type(L, -1) == LUA_TNUMBER) largest = std::max(largest, lua_tonumber(L, -1));
  }
  lua_pushnumber(L, largest);
  return 1;
}

int table_create(lua_State* L) {
  const lua_Integer items = std::clamp<lua_Integer>(optional_position(L, 1, 0), 0, max_reserved);
  const lua_Integer fields = std::clamp<lua_Integer>(optional_position(L, 2, 0), 0, max_reserved);
  lua_createtable(L, static_cast<int>(items), static_cast<int>(fields));
  return 1;
}

int table_freeze(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  lua_pushglobaltable(L);
  luaL_argcheck(L, lua_rawequal(L, 1, 2) == 0, 1, "the global table cannot be frozen");
  freeze_in_place(L, 1);
  lua_settop(L, 1);
  return 1;
}

int table_isfrozen(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_pushboolean(L, is_frozen(L, 1) ? 1 : 0);
  return 1;
}

}  // namespace

int table_unpack(lua_State* L) {
  check_readable(L);
  const lua_Integer first = optional_position(L, 2, 1);
  const lua_Integer last = optional_position(L, 3, length_of(L, 1));
  if (first > last) return 0;
  const lua_Unsigned count = static_cast<lua_Unsigned>(last) - static_cast<lua_Unsigned>(first);
  if (count >= INT_MAX || lua_checkstack(L, static_cast<int>(count) + 1) == 0) {
    return luaL_error(L, "too many results to unpack");
  }
  for (lua_Unsigned i = 0; i <= count; ++i) lua_rawgeti(L, 1, first + static_cast<lua_Integer>(i));
  return static_cast<int>(count) + 1;
}

const Library& table_library() {
  static const LibraryField fields[] = {
      {"concat", table_concat}, {"create", table_create}, {"freeze", table_freeze},
      {"getn", table_getn},     {"insert", table_insert}, {"isfrozen", table_isfrozen},
      {"maxn", table_maxn},     {"remove", table_remove}, {"sort", table_sort},
      {"unpack", table_unpack},
  };
  static const Library library{fields};
  return library;
}

}  // namespace trivium::lua
