#include "lua/sandbox/frozen.h"

#include <string_view>

#include "lua/sandbox/globals.h"
#include "lua/sandbox/library.h"

namespace trivium::lua {
namespace {

// Keys in the metatable of a table that had a metatable of its own when it was frozen.
constexpr char contents_key = 0;
constexpr char metatable_key = 0;

int refuse_write(lua_State* L) { return luaL_error(L, "attempt to modify Immutable table"); }

int frozen_length(lua_State* L) {
  push_contents(L, 1);
  lua_pushinteger(L, static_cast<lua_Integer>(lua_rawlen(L, -1)));
  return 1;
}

// __index of a frozen table with a metatable: own fields first, then what that metatable says.
int frozen_index(lua_State* L) {
  lua_settop(L, 2);
  lua_getmetatable(L, 1);
  lua_rawgetp(L, 3, &contents_key);
  lua_pushvalue(L, 2);
  if (lua_rawget(L, 4) != LUA_TNIL) return 1;
  lua_rawgetp(L, 3, &metatable_key);
  lua_pushliteral(L, "__index");
  const int type = lua_rawget(L, -2);
  if (type == LUA_TNIL) return 1;
  lua_pushvalue(L, type == LUA_TFUNCTION ? 1 : 2);
  if (type == LUA_TFUNCTION) {
    lua_pushvalue(L, 2);
    lua_call(L, 2, 1);
  } else {
    lua_gettable(L, -2);
  }
  return 1;
}

void set_raw(lua_State* L, int table, const char* name, lua_CFunction function) {
  lua_pushstring(L, name);
  lua_pushcfunction(L, function);
  lua_rawset(L, table);
}

bool is_metamethod_name(lua_State* L, int index) {
  if (lua_type(L, index) != LUA_TSTRING) return false;
  return std::string_view(lua_tostring(L, index)).starts_with("__");
}

// Copies the metamethods of the metatable at `from`, except those that freezing replaces and
// finalizers, which no sandboxed table has.
void copy_metamethods(lua_State* L, int from, int to) {
  lua_pushnil(L);
  while (lua_next(L, from) != 0) {
    if (is_metamethod_name(L, -2)) {
      const std::string_view name = lua_tostring(L, -2);
      if (name != "__index" && name != "__newindex" && name != "__gc" && name != "__mode") {
        lua_pushvalue(L, -2);
        lua_pushvalue(L, -2);
        lua_rawset(L, to);
      }
    }
    lua_pop(L, 1);
  }
}

// Moves everything except metamethods (which are copied) from one table to the other.
void move_fields(lua_State* L, int from, int to) {
  lua_pushnil(L);
  while (lua_next(L, from) != 0) {
    lua_pushvalue(L, -2);
    lua_insert(L, -2);
    lua_rawset(L, to);
    if (!is_metamethod_name(L, -1)) {
      lua_pushvalue(L, -1);
      lua_pushnil(L);
      lua_rawset(L, from);  // clearing a visited key is allowed while walking
    }
  }
}

}  // namespace

void freeze_library(lua_State* L, int index) {
  index = lua_absindex(L, index);
  luaL_checkstack(L, 5, nullptr);
  lua_newtable(L);
  lua_createtable(L, 0, 2);
  lua_pushliteral(L, "__index");
  lua_pushvalue(L, index);
  lua_rawset(L, -3);
  set_raw(L, lua_gettop(L), "__newindex", refuse_write);
  lua_setmetatable(L, -2);
  lua_replace(L, index);
}

void freeze_in_place(lua_State* L, int index) {
  index = lua_absindex(L, index);
  if (is_frozen(L, index)) return;
  luaL_checkstack(L, 10, nullptr);
  see_through(L, index);  // a lazy globals table becomes an ordinary one
  const bool had_metatable = lua_getmetatable(L, index) != 0;
  if (!had_metatable) lua_pushnil(L);
  const int metatable = lua_gettop(L);
  lua_createtable(L, static_cast<int>(lua_rawlen(L, index)), 0);
  const int contents = lua_gettop(L);
  lua_createtable(L, 0, 3);
  const int guard = lua_gettop(L);

  if (had_metatable) copy_metamethods(L, metatable, guard);
  lua_pushliteral(L, "__len");
  if (lua_rawget(L, guard) == LUA_TNIL) set_raw(L, guard, "__len", frozen_length);
  set_raw(L, guard, "__newindex", refuse_write);
  if (had_metatable) {
    set_raw(L, guard, "__index", frozen_index);
    lua_pushvalue(L, contents);
    lua_rawsetp(L, guard, &contents_key);
    lua_pushvalue(L, metatable);
    lua_rawsetp(L, guard, &metatable_key);
  } else {
    lua_pushliteral(L, "__index");
    lua_pushvalue(L, contents);
    lua_rawset(L, guard);
  }
  move_fields(L, index, contents);
  lua_pushvalue(L, guard);
  lua_setmetatable(L, index);
  lua_settop(L, metatable - 1);
}

bool is_frozen(lua_State* L, int index) {
  if (lua_type(L, index) != LUA_TTABLE || lua_getmetatable(L, index) == 0) return false;
  lua_pushliteral(L, "__newindex");
  lua_rawget(L, -2);
  const bool frozen = lua_tocfunction(L, -1) == refuse_write;
  lua_pop(L, 2);
  return frozen;
}

void push_contents(lua_State* L, int index) {
  lua_pushvalue(L, index);
  see_through(L, -1);
}

void see_through(lua_State* L, int index) {
  if (lua_getmetatable(L, index) == 0) return;
  index = index < 0 ? index - 1 : index;
  lua_pushliteral(L, "__newindex");
  lua_rawget(L, -2);
  const lua_CFunction guard = lua_tocfunction(L, -1);
  lua_pop(L, 1);
  if (guard == refuse_write) {
    if (lua_rawgetp(L, -1, &contents_key) == LUA_TNIL) {
      lua_pop(L, 1);
      lua_pushliteral(L, "__index");
      lua_rawget(L, -2);
    }
    complete_library(L, -1);
    lua_replace(L, index - (index < 0 ? 1 : 0));
    lua_pop(L, 1);
    return;
  }
  lua_pop(L, 1);
  if (guard == lazy_globals_guard) complete_globals(L);
}

void push_metatable_of_frozen(lua_State* L, int index) {
  lua_getmetatable(L, index);
  lua_rawgetp(L, -1, &metatable_key);
  lua_remove(L, -2);
}

}  // namespace trivium::lua
