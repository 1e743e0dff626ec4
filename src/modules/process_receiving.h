#pragma once

#include "lua/state.h"

namespace trivium::lua {

// process.inbox, events, listen and unlisten.
int process_inbox(lua_State* L);
int process_events(lua_State* L);
int process_listen(lua_State* L);
int process_unlisten(lua_State* L);

}  // namespace trivium::lua
