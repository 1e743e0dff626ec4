// Arguments of module functions. Indexes are those of arguments, counted from 1.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "lua/state.h"

namespace trivium::lua {

// A string, the text of a number or the message of an error object; nothing for any other type. The
// view lives as long as the argument.
std::optional<std::string_view> string_like(lua_State* L, int index);

// The same; raises "bad argument" for other types.
std::string_view check_string_like(lua_State* L, int index);

// Only a string counts.
std::optional<std::string_view> strict_string(lua_State* L, int index);

// `fallback` when there is no argument; raises "bad argument" for anything else that is no string.
std::string_view optional_string(lua_State* L, int index, std::string_view fallback);

// A number without its fraction, at most 64 bits either way; raises "bad argument" for anything else.
int64_t check_whole(lua_State* L, int index);

// `number` without its fraction and within 64 bits. Not for NaN.
int64_t to_whole(double number);

void push_text(lua_State* L, std::string_view text);

}  // namespace trivium::lua
