#pragma once

#include "lua/sandbox/library.h"

namespace trivium::lua {

// The global `process` and the globals subscribe and unsubscribe.
extern const Library process_library;
int subscribe_channel(lua_State* L);
int unsubscribe_channel(lua_State* L);

}  // namespace trivium::lua
