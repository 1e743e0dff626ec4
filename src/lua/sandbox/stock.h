// Functions of Lua's own libraries, where they already behave as the dialect says.
#pragma once

#include <algorithm>
#include <cstddef>

#include "lua/state.h"

namespace trivium::lua {

// The function `name` of a stock library: "_G", "string", "table", "math", or "metamethod" for those
// of strings. All take no upvalues. A name that does not exist is a programming error and aborts.
lua_CFunction stock_function(const char* library, const char* name);

// A string literal as a template argument.
template <size_t N>
struct Literal {
  constexpr Literal(const char (&literal)[N]) { std::copy_n(literal, N, text); }
  char text[N];
};

}  // namespace trivium::lua
