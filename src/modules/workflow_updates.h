// workflow.on_update and workflow.update.
#pragma once

#include "lua/state.h"

namespace trivium::lua {

int workflow_on_update(lua_State* L);
int workflow_update(lua_State* L);

}  // namespace trivium::lua
