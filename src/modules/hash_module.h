#pragma once

#include "lua/state.h"

namespace trivium::lua {

// Pushes the table of the `hash` module.
int open_hash(lua_State* L);

}  // namespace trivium::lua
