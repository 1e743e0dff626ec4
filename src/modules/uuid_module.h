#pragma once

#include "lua/state.h"

namespace trivium::lua {

// Pushes the table of the `uuid` module: everything that needs neither clock nor randomness. v1, v4
// and v7 belong to the host of the isolate, which makes them with core/uuid.h.
int open_uuid(lua_State* L);

}  // namespace trivium::lua
