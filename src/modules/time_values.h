// Time, Duration and Location as Lua sees them: userdata with methods, no operators.
// They do not cross isolates.
#pragma once

#include <optional>

#include "core/duration.h"
#include "core/error.h"
#include "core/time_point.h"
#include "core/zone.h"
#include "lua/state.h"

namespace trivium::lua {

// Each pushes a new object; throws a Lua error only when memory runs out.
void push_time(lua_State* L, const TimePoint& time);
void push_duration(lua_State* L, Duration duration);
void push_location(lua_State* L, const Zone& zone);

// The object at `index`, or null when the value is something else. Valid while the value lives.
TimePoint* test_time(lua_State* L, int index);
Duration* test_duration(lua_State* L, int index);
Zone* test_location(lua_State* L, int index);

// The same; raise "bad argument" for anything else.
TimePoint& check_time(lua_State* L, int index);
Duration& check_duration(lua_State* L, int index);
Zone& check_location(lua_State* L, int index);

// A duration argument: nanoseconds as a number (fractions are cut), a Duration, or text like "1h30m".
// Otherwise nothing, and `*why` is the error of kind Invalid that a function returns.
std::optional<Duration> to_duration_argument(lua_State* L, int index, Error* why);

// The same; raises the reason as "bad argument".
Duration check_duration_argument(lua_State* L, int index);

}  // namespace trivium::lua
