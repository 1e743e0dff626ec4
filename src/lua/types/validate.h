// Checks Lua values against types.
#pragma once

#include <string>

#include "lua/state.h"
#include "lua/types/resolve.h"

namespace trivium::lua {

// Why a value does not fit. Members that do not apply are empty.
struct TypeMismatch {
  std::string path;        // `user.email`, `items[2]`; empty at the root
  std::string text;        // without the path
  std::string expected;    // type text
  std::string got;         // kind of the value
  std::string constraint;  // what a validator said
};

// Whether the value at `index` fits, depth first up to the first mismatch, which is stored in
// `mismatch` unless that is null. Reads raw: no metamethod runs. Leaves the stack as it was.
bool validate(lua_State* L, int index, const Typed& type, const Imports& imports, TypeMismatch* mismatch);

// Name of the value's kind as messages show it: Lua's type name, or `type` for type values.
const char* value_kind(lua_State* L, int index);

}  // namespace trivium::lua
