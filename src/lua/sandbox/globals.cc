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

const Module* find_module(lua_State* L, int name_index) {
  const SandboxHooks& hooks = sandbox_hooks(L);
  if (hooks.modules == nullptr || lua_type(L, name_index) != LUA_TSTRING) return nullptr;
  const std::string_view name = lua_tostring(L, name_index);
  for (const Module* module : hooks.modules(L)) {
    if (name == module->name) return module;
  }
  return nullptr;
}

int lazy_globals_index(lua_State* L) {
  if (const LibraryField* field = find_global(L, 2)) {
    push_field(L, *field);
  } else if (const Module* module = find_module(L, 2)) {
    push_module(L, *module);
  } else {
    return 0;
  }
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
  if (lua_isnil(L, 3) && (find_global(L, 2) != nullptr || find_module(L, 2) != nullptr)) complete_globals(L);
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
  if (sandbox_hooks(L).modules != nullptr) {
    for (const Module* module : sandbox_hooks(L).modules(L)) {
      lua_pushstring(L, module->name);
      if (lua_rawget(L, globals) == LUA_TNIL) {
        push_module(L, *module);
        lua_setfield(L, globals, module->name);
      }
      lua_pop(L, 1);  // what was there
    }
  }
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
