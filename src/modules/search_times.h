// Times among search attributes: as plain data they would be texts like any other.
#pragma once

#include "core/value.h"
#include "lua/state.h"

namespace trivium::lua {

// `plain` was made of the table at `table`: its times become {datetime = RFC 3339}.
void mark_search_times(lua_State* L, int table, Object& plain);
// The same for the search attributes among the options in the table at `table`.
void mark_option_times(lua_State* L, int table, Object& options);

}  // namespace trivium::lua
