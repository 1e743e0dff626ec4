#pragma once

#include "lua/state.h"

namespace trivium::lua {

// Pushes the table of the `time` module: constants and everything that neither reads the clock nor
// waits. now, sleep, after, timer and ticker belong to the host of the isolate.
int open_time(lua_State* L);

}  // namespace trivium::lua
