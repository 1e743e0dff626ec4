// Guarded operations of modules.
#pragma once

#include <string>
#include <string_view>

#include "lua/state.h"

namespace trivium::lua {

// Whether the running unit may do this to that.
bool allowed(lua_State* L, std::string_view action, std::string_view resource);

// Pushes nil and a PermissionDenied error; returns how many values were pushed.
int push_denied(lua_State* L, std::string message);

// The same as a raised error, for operations that have no second result.
[[noreturn]] void raise_denied(lua_State* L, std::string message);

}  // namespace trivium::lua
