// The functions of `string` that have files of their own.
#pragma once

#include "lua/state.h"

namespace trivium::lua {

int string_format(lua_State* L);  // never raises over its arguments: log lines are built with it
int string_lower(lua_State* L);   // simple case mapping of UTF-8 text; other bytes unchanged
int string_upper(lua_State* L);

}  // namespace trivium::lua
