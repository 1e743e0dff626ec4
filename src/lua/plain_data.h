// Plain-data conversion between the Lua stack and Value: context values, options, log fields, event
// data.
#pragma once

#include "core/error.h"
#include "core/value.h"
#include "lua/state.h"

namespace trivium::lua {

// A table with a positive integer key becomes an array and loses its other keys; every other table
// becomes an object with keys as text. Functions and userdata become their text, error objects
// their message. Nesting beyond 128 levels is an Internal error; more than there is room for
// (lua/room_outside.h) is Invalid.
Result<Value> to_plain(lua_State* L, int index);

// Only string keys, recursively; array parts are lost (error details).
Value to_details(lua_State* L, int index);

// The string-keyed members of the table at `index`, each converted by to_plain.
Result<Object> to_plain_object(lua_State* L, int index);

void push_plain(lua_State* L, const Value& value);

// Text of the value at `index` as tostring() gives it, without calling metamethods other than those
// of error objects.
std::string describe(lua_State* L, int index);

}  // namespace trivium::lua
