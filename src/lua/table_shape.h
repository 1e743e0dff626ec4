#pragma once

#include "lua/state.h"

namespace trivium::lua {

// Whether the empty table at `index` is, or ever was, used as an object: stock Lua gives a table that
// held a string key a hash part and keeps it when the key is removed. JSON encodes such tables as {}
// and other empty ones as []. Only meaningful for tables without elements.
bool empty_table_is_object(lua_State* L, int index);

}  // namespace trivium::lua
