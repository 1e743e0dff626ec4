// What Lua gets from a reply, for commands that answer value, err.
#pragma once

#include "lua/command.h"
#include "lua/state.h"

namespace trivium::lua {

// The first value (nil when there is none) and nil; or nil and the error.
int finish_value(lua_State* L, Reply& reply);

}  // namespace trivium::lua
