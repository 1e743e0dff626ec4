// The Duration object, and durations as arguments.
#include <cmath>

#include "lua/error_object.h"
#include "modules/arguments.h"
#include "modules/time_values.h"
#include "modules/userdata.h"

namespace trivium::lua {
namespace {

// In whole units, cut towards zero.
template <class Unit>
int whole(lua_State* L) {
  lua_pushnumber(L, static_cast<lua_Number>(std::chrono::duration_cast<Unit>(check_duration(L, 1)).count()));
  return 1;
}

// Whole units and the rest apart, so that the fraction stays as exact as it can be.
template <class Unit>
int fractional(lua_State* L) {
  const Duration duration = check_duration(L, 1);
  const auto units = std::chrono::duration_cast<Unit>(duration);
  const auto rest = static_cast<lua_Number>((duration - units).count());
  constexpr auto unit = static_cast<lua_Number>(Duration(Unit(1)).count());
  lua_pushnumber(L, static_cast<lua_Number>(units.count()) + rest / unit);
  return 1;
}

int duration_text(lua_State* L) {
  push_text(L, format_duration(check_duration(L, 1)));
  return 1;
}

constexpr luaL_Reg methods[] = {
    {"nanoseconds", whole<std::chrono::nanoseconds>},
    {"microseconds", whole<std::chrono::microseconds>},
    {"milliseconds", whole<std::chrono::milliseconds>},
    {"seconds", fractional<std::chrono::seconds>},
    {"minutes", fractional<std::chrono::minutes>},
    {"hours", fractional<std::chrono::hours>},
    {nullptr, nullptr},
};
constexpr UserdataClass duration_class{"time.Duration", methods, duration_text};

std::string problem_with(lua_State* L, int index) {
  if (lua_type(L, index) == LUA_TNUMBER) return "invalid duration: not a number";
  if (const auto text = string_like(L, index)) return "invalid duration \"" + std::string(*text) + "\"";
  return std::string("invalid duration: number, string or Duration expected, got ") + luaL_typename(L, index);
}

}  // namespace

void push_duration(lua_State* L, Duration duration) { push_userdata(L, duration_class, duration); }
Duration* test_duration(lua_State* L, int index) { return test_userdata<Duration>(L, index, duration_class); }
Duration& check_duration(lua_State* L, int index) {
  return check_userdata<Duration>(L, index, duration_class);
}

std::optional<Duration> to_duration_argument(lua_State* L, int index, Error* why) {
  std::optional<Duration> duration;
  if (lua_isinteger(L, index) != 0) {
    duration = Duration(lua_tointeger(L, index));
  } else if (lua_type(L, index) == LUA_TNUMBER) {
    const lua_Number number = lua_tonumber(L, index);
    if (!std::isnan(number)) duration = Duration(to_whole(number));
  } else if (const auto text = strict_string(L, index)) {
    duration = parse_duration(*text);
  } else if (const Duration* object = test_duration(L, index)) {
    duration = *object;
  }
  if (!duration) *why = Error::of(kind::invalid, problem_with(L, index));
  return duration;
}

Duration check_duration_argument(lua_State* L, int index) {
  Error why;
  const auto duration = to_duration_argument(L, index, &why);
  if (!duration) luaL_argerror(L, index, why.message.c_str());
  return *duration;
}

}  // namespace trivium::lua
