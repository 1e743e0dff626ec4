// Types as Lua values: T(v), T:is(v), reflection, comparison. A host opens them once per VM, loads a
// program and binds its types:
//
//     open_types(L, push_error);
//     load_program(L, program, "app:worker");  // load.h; or load bytecode dumped from it
//     bind_types(L, program.types);            // the function on the stack is now the user's chunk
//     export_types(L, "geo", library.types);   // for libraries, under the alias they are required by
//
// All functions belong to the thread that runs the VM.
#pragma once

#include <memory>
#include <string_view>

#include "core/error.h"
#include "lua/state.h"
#include "lua/types/type.h"

namespace trivium::lua {

// Pushes the error as the object Lua code sees and returns 1.
using PushError = int (*)(lua_State*, const Error&);

// Prepares a VM. Cheap: nothing is made per type before it is used.
void open_types(lua_State* L, PushError push_error);

// Replaces the loaded chunk on top of the stack by the function to run. Each call gives a function of
// its own. `types` may be null.
void bind_types(lua_State* L, const std::shared_ptr<const TypeSet>& types);

// Lets other chunks of this VM name these types as `module.Name`. `types` may be null.
void export_types(lua_State* L, std::string_view module, const std::shared_ptr<const TypeSet>& types);

// Whether the value is a type, whose type() is "type".
bool is_type_value(lua_State* L, int index);

// For tostring(): pushes the text of the type value at `index`.
void push_type_text(lua_State* L, int index);

}  // namespace trivium::lua
