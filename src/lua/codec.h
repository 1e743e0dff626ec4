// Lua values to and from the wire encoding (core/wire.h).
#pragma once

#include <string>

#include "core/wire.h"
#include "lua/state.h"

namespace trivium::lua {

// What could not cross: the place of the first such value ("[2].callback", "" for the value itself)
// and its type. Empty type: everything crossed.
struct Dropped {
  std::string path;
  std::string type;
};

// Appends the value at `index`. Functions, threads and userdata other than error objects become nil
// and are reported. Throws a Lua error only when memory runs out.
void encode(lua_State* L, int index, Values& out, Dropped* dropped = nullptr);

// Appends the `count` values from `first` on.
Values encode_range(lua_State* L, int first, int count, Dropped* dropped = nullptr);

// Pushes all values of the list and returns how many. Throws a Lua error when memory runs out.
int push_values(lua_State* L, const Values& values);

}  // namespace trivium::lua
