// The checks annotations ask for: @min @max @min_len @max_len @pattern.
#pragma once

#include "lua/state.h"
#include "lua/types/type.h"

namespace trivium::lua {

// Null when the value at `index` passes, else what is wrong with it. Unknown annotations, and those
// that say nothing about values of this kind, pass.
const char* violation(lua_State* L, int index, const TypeAnnotation& annotation);

}  // namespace trivium::lua
