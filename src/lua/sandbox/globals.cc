#include "lua/sandbox/globals.h"

#include "lua/sandbox/libraries.h"
#include "lua/sandbox/sandbox.h"

namespace trivium::lua {
namespace {

const LibraryField* find_global(lua_State* L, int name_index) {
  if (lua_type(L, name_index) != LUA_TSTRING) return nullptr;
  size_t length = 0;
  const char* name = lua_tolstring(L, name_index, &length);
  const Library* more = sandbox_hooks(L).globals;
  const LibraryField* field = more != nullptr ? more->find({name, length}) : nullptr;
  return field != nullptr ? field : base_library().find({name, length});
}

int lazy_globals_index(lua_State* L) {
  const LibraryField* field = find_global(L, 2);
  if (field == nullptr) return 0;
  push_field(L, *field);
  lua_pushvalue(L, 2);
  lua_pushvalue(L, -2);
  lua_rawset(L, 1);
  return 1;
}

void bind_missing(lua_State* L, int globals, const Library& library) {
  for (const LibraryField& field : library.fields) {
    lua_pushlstring(L, field.name.data(), field.name.size());
    lua_pushvalue(L, -1);
    if (lua_rawget(L, globals) == LUA_TNIL) {
      lua_pop(L, 1);
      push_field(L, field);
      lua_rawset(L, globals);
    } else {
      lua_pop(L, 2);
    }
  }
}

}  // namespace

int lazy_globals_guard(lua_State* L) {
  // A name that is cleared must not come back by itself.
  if (lua_isnil(L, 3) && find_global(L, 2) != nullptr) complete_globals(L);
  lua_rawset(L, 1);
  return 0;
}

void complete_globals(lua_State* L) {
  luaL_checkstack(L, 10, nullptr);
  lua_pushglobaltable(L);
  const int globals = lua_gettop(L);
  lua_pushnil(L);
  lua_setmetatable(L, globals);  // first: binding a field may read globals
  if (sandbox_hooks(L).globals != nullptr) bind_missing(L, globals, *sandbox_hooks(L).globals);
  bind_missing(L, globals, base_library());
  lua_pop(L, 1);
}

void install_lazy_globals(lua_State* L) {
  lua_pushglobaltable(L);
  lua_createtable(L, 0, 2);
  lua_pushliteral(L, "__index");
  lua_pushcfunction(L, lazy_globals_index);
  lua_rawset(L, -3);
  lua_pushliteral(L, "__newindex");
  lua_pushcfunction(L, lazy_globals_guard);
  lua_rawset(L, -3);
  lua_setmetatable(L, -2);
  lua_pop(L, 1);
}

}  // namespace trivium::lua
