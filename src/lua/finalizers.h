#pragma once

#include "lua/state.h"

namespace trivium::lua {

// Whether closing the state would run a finalizer (__gc) of any object.
bool has_finalizers(lua_State* L);

}  // namespace trivium::lua
