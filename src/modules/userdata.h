// C++ values as immutable Lua userdata with methods.
#pragma once

#include <new>
#include <utility>

#include "lua/state.h"

namespace trivium::lua {

// Describes one type of userdata. Instances are constants that live until the program ends.
struct UserdataClass {
  const char* name;         // in messages, and the key of the metatable
  const luaL_Reg* methods;  // ends in {nullptr, nullptr}
  lua_CFunction text;       // tostring
};

// Pushes the metatable of the class, made at its first use in this Lua state.
void push_metatable(lua_State* L, const UserdataClass& type, lua_CFunction destroy);

template <class T>
int destroy_userdata(lua_State* L) {
  static_cast<T*>(lua_touserdata(L, 1))->~T();
  return 0;
}

// Pushes `value`. Throws a Lua error only when memory runs out. `user_values`: how many Lua values go with
// it.
template <class T>
void push_userdata(lua_State* L, const UserdataClass& type, T value, int user_values = 0) {
  luaL_checkstack(L, 4, "too many values");
  // The metatable first: once the value is in place nothing may fail before its finalizer is set.
  push_metatable(L, type, destroy_userdata<T>);
  new (lua_newuserdatauv(L, sizeof(T), user_values)) T(std::move(value));
  lua_pushvalue(L, -2);
  lua_setmetatable(L, -2);
  lua_remove(L, -2);
}

// The value at `index`, or null when it is something else.
template <class T>
T* test_userdata(lua_State* L, int index, const UserdataClass& type) {
  return static_cast<T*>(luaL_testudata(L, index, type.name));
}

// The same; raises "bad argument" when it is something else.
template <class T>
T& check_userdata(lua_State* L, int index, const UserdataClass& type) {
  return *static_cast<T*>(luaL_checkudata(L, index, type.name));
}

}  // namespace trivium::lua
