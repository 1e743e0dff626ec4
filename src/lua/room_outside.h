// What is made of an isolate's values outside of its memory, where nothing counts it. A table that appears in
// many places is one in Lua, but written out once for each of them: a few lines of code can ask for more than
// any machine has.
#pragma once

#include <cstddef>

#include "lua/state.h"

namespace trivium::lua {

// How many bytes one value may become: as many as the isolate itself may use, or many anyway.
size_t room_outside(lua_State* L);

}  // namespace trivium::lua
