// Structured errors as Lua sees them: an immutable userdata with kind(), message(), retryable(),
// details(), stack(); text in tostring and "..".
#pragma once

#include "core/error.h"
#include "lua/sandbox/library.h"
#include "lua/state.h"

namespace trivium::lua {

// The name under which the metatable is registered; luaL_testudata accepts it.
inline constexpr const char* error_metatable = "trivium.error";

// Pushes a new error object. Throws a Lua error only when memory runs out.
void push_error(lua_State* L, const Error& error);

// The error at `index`, or null when the value is something else. Valid while the value lives.
const Error* test_error(lua_State* L, int index);

// Pushes nil and the error: `return push_failure(L, …)` from a function that returns value, err.
int push_failure(lua_State* L, const Error& error);

// The value that was raised, as an Error: error objects unchanged; anything else becomes kind
// Internal with retryable unspecified. Does not pop.
Error raised_error(lua_State* L, int index);

// Text of context plus message, as errors.wrap and json.encode show it.
std::string full_text(const Error& error);

// The global `errors`: new, wrap, is, call_stack and the kinds.
extern const Library errors_library;

}  // namespace trivium::lua
