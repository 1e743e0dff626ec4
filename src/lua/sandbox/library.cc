#include "lua/sandbox/library.h"

#include "lua/sandbox/frozen.h"
#include "lua/sandbox/module.h"

namespace trivium::lua {
namespace {

// __index of a library's contents. Upvalue 1 is the Library.
int bind_field(lua_State* L) {
  return bind_from(L, *static_cast<const Library*>(lua_touserdata(L, lua_upvalueindex(1))));
}

// The library whose fields are still to be bound into `contents`, or null.
const Library* pending_library(lua_State* L, int contents) {
  if (lua_getmetatable(L, contents) == 0) return nullptr;
  lua_pushliteral(L, "__index");
  lua_rawget(L, -2);
  const Library* library = nullptr;
  if (lua_tocfunction(L, -1) == bind_field) {
    lua_getupvalue(L, -1, 1);
    library = static_cast<const Library*>(lua_touserdata(L, -1));
    lua_pop(L, 1);
  }
  lua_pop(L, 2);
  return library;
}

}  // namespace

const LibraryField* Library::find(std::string_view name) const {
  for (const LibraryField& field : fields) {
    if (field.name == name) return &field;
  }
  return nullptr;
}

void push_field(lua_State* L, const LibraryField& field) {
  if (field.function != nullptr) {
    lua_pushcfunction(L, field.function);
  } else {
    field.push(L);
  }
}

int bind_from(lua_State* L, const Library& library) {
  if (lua_type(L, 2) != LUA_TSTRING) return 0;
  size_t length = 0;
  const char* name = lua_tolstring(L, 2, &length);
  const LibraryField* field = library.find({name, length});
  if (field == nullptr) return 0;
  push_field(L, *field);
  lua_pushvalue(L, 2);
  lua_pushvalue(L, -2);
  lua_rawset(L, 1);
  return 1;
}

void push_library(lua_State* L, const Library& library) {
  luaL_checkstack(L, 6, nullptr);
  lua_newtable(L);
  lua_createtable(L, 0, 1);
  lua_pushliteral(L, "__index");
  lua_pushlightuserdata(L, const_cast<Library*>(&library));
  lua_pushcclosure(L, bind_field, 1);
  lua_rawset(L, -3);
  lua_setmetatable(L, -2);
  freeze_library(L, -1);
}

void complete_library(lua_State* L, int contents) {
  const Library* library = pending_library(L, contents);
  if (library == nullptr) return;
  contents = lua_absindex(L, contents);
  for (const LibraryField& field : library->fields) {
    lua_pushlstring(L, field.name.data(), field.name.size());
    lua_pushvalue(L, -1);
    if (lua_rawget(L, contents) == LUA_TNIL) {
      lua_pop(L, 1);
      push_field(L, field);
      lua_rawset(L, contents);
    } else {
      lua_pop(L, 2);
    }
  }
  lua_pushnil(L);
  lua_setmetatable(L, contents);
}

void push_module(lua_State* L, const Module& module) {
  if (module.push != nullptr) {
    module.push(L);
  } else {
    push_library(L, *module.library);
  }
}

}  // namespace trivium::lua
