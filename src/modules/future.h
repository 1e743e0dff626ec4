// Futures: the result of an asynchronous call.
#pragma once

#include "lua/state.h"
#include "units/commands/call.h"

namespace trivium::lua {

// Starts the call and pushes its future, or pushes nil and the error. Returns the number pushed.
int start_future(lua_State* L, units::CallFunction& call);

}  // namespace trivium::lua
