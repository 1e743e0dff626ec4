// Compiled programs into Lua functions.
#pragma once

#include <string>

#include "core/error.h"
#include "lua/frontend/frontend.h"
#include "lua/state.h"

namespace trivium::lua {

// Pushes the program's chunk, ready for bind_types(), or nothing on failure. `chunk_name` is the entry
// id positions start with. What Lua itself rejects (a goto without label, too many locals) is an error
// of kind Invalid.
Result<void> load_program(lua_State* L, const Program& program, const std::string& chunk_name);

}  // namespace trivium::lua
