// The global table of a sandbox: names are looked up in constant lists when a program first uses
// them, so that an isolate pays only for the globals it touches.
#pragma once

#include "lua/state.h"

namespace trivium::lua {

// Makes the (empty) global table of L look names up on demand.
void install_lazy_globals(lua_State* L);

// __newindex of a global table with names left to look up; tells such a table from others.
int lazy_globals_guard(lua_State* L);

// Binds all names that are left and makes the global table an ordinary one.
void complete_globals(lua_State* L);

}  // namespace trivium::lua
