// The standard libraries of the sandbox, one file each.
#pragma once

#include "lua/sandbox/library.h"

namespace trivium::lua {

const Library& base_library();  // the fields of the global table
const Library& string_library();
const Library& table_library();
const Library& math_library();
const Library& os_library();
const Library& package_library();

// Gives strings their methods and arithmetic.
void install_string_metatable(lua_State* L);
// Pushes the `string` table, the one string methods come from.
void push_string_library(lua_State* L);

int table_unpack(lua_State* L);  // also the global `unpack`

}  // namespace trivium::lua
