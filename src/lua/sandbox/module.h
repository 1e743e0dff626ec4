#pragma once

#include "lua/sandbox/library.h"

namespace trivium::lua {

// A native module: a library, or whatever `push` leaves on the stack (the logger is an object). Its
// table is made when the unit first uses it. Constant, outlives every state.
struct Module {
  const char* name;
  const Library* library;
  void (*push)(lua_State* L);
  bool workflow;  // may be listed by workflow entries
};

void push_module(lua_State* L, const Module& module);

}  // namespace trivium::lua
