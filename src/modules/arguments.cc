#include "modules/arguments.h"

#include <cmath>
#include <limits>

#include "lua/error_object.h"

namespace trivium::lua {

std::optional<std::string_view> string_like(lua_State* L, int index) {
  // Nothing else is converted.
  size_t length = 0;
  if (const char* text = lua_tolstring(L, index, &length)) return std::string_view(text, length);
  if (const Error* error = test_error(L, index)) return error->message;
  return std::nullopt;
}

std::string_view check_string_like(lua_State* L, int index) {
  const auto text = string_like(L, index);
  if (!text) luaL_typeerror(L, index, "string");
  return *text;
}

std::optional<std::string_view> strict_string(lua_State* L, int index) {
  if (lua_type(L, index) != LUA_TSTRING) return std::nullopt;
  return string_like(L, index);
}

std::string_view optional_string(lua_State* L, int index, std::string_view fallback) {
  if (lua_isnoneornil(L, index)) return fallback;
  const auto text = strict_string(L, index);
  if (!text) luaL_typeerror(L, index, "string");
  return *text;
}

int64_t to_whole(double number) {
  // 2^63 itself does not fit.
  constexpr double limit = 9223372036854775808.0;
  if (number >= limit) return std::numeric_limits<int64_t>::max();
  if (number < -limit) return std::numeric_limits<int64_t>::min();
  return static_cast<int64_t>(number);
}

int64_t check_whole(lua_State* L, int index) {
  if (lua_isinteger(L, index) != 0) return lua_tointeger(L, index);
  const double number = luaL_checknumber(L, index);
  luaL_argcheck(L, !std::isnan(number), index, "number expected, got NaN");
  return to_whole(number);
}

void push_text(lua_State* L, std::string_view text) { lua_pushlstring(L, text.data(), text.size()); }

}  // namespace trivium::lua
