// The values literals stand for, read from their text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace trivium::lua {

// A decimal integer too large for 64 bits becomes a float; a hexadecimal one wraps, as in Lua.
std::variant<int64_t, double> number_value(std::string_view text);

// The bytes of a quoted or long-bracketed string literal, quotes included in `text`.
std::string string_value(std::string_view text);

}  // namespace trivium::lua
