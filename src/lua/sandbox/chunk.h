// Compiling Lua text once and loading it into many states.
#pragma once

#include <string>
#include <string_view>

#include "core/error.h"
#include "lua/state.h"

namespace trivium::lua {

// Compiles plain Lua. `chunk_name` is what positions in error messages show (the entry's ID). The
// result keeps line numbers and names of locals and may be loaded into any state of this process.
// Fails with kind Invalid and Lua's message, which starts with "<chunk_name>:<line>:". Any thread.
Result<std::string> compile_to_bytecode(std::string_view lua_source, std::string_view chunk_name);

// Pushes the chunk as a function, with the global table of L as its environment. Only for results of
// compile_to_bytecode: Lua does not verify bytecode.
Result<void> load_bytecode(lua_State* L, std::string_view bytecode, std::string_view chunk_name);

}  // namespace trivium::lua
