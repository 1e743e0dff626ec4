#pragma once

#include "lua/state.h"

namespace trivium::lua {

// Pushes the table of the `base64` module.
int open_base64(lua_State* L);

}  // namespace trivium::lua
