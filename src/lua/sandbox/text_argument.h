// String parameters also accept numbers (their text) and error objects (their message).
#pragma once

#include <string_view>

#include "lua/state.h"

namespace trivium::lua {

// Replaces the argument by its message if it is an error object.
void flatten_error(lua_State* L, int index);

// The text of a string-like argument; raises "bad argument" for anything else. Valid while the
// argument stays on the stack (numbers and errors are replaced by their text there).
std::string_view to_string_argument(lua_State* L, int index);

}  // namespace trivium::lua
