// process.with_context and with_options: immutable builders of spawns.
#pragma once

#include "lua/state.h"
#include "units/commands/processes.h"

namespace trivium::lua {

int process_with_context(lua_State* L);
int process_with_options(lua_State* L);

// Fills id, host and arguments from `index` on; `monitor` and `link` are set. Pushes nil and the error when
// they are missing or the unit may not; returns
// how many values were pushed.
int read_spawn(lua_State* L, int index, units::Spawn& spawn);
int read_exec(lua_State* L, int index, units::Exec& exec);

}  // namespace trivium::lua
