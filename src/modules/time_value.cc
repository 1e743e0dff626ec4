// The Time object.
#include <compare>

#include "core/time_layout.h"
#include "modules/arguments.h"
#include "modules/time_values.h"
#include "modules/userdata.h"

namespace trivium::lua {
namespace {

template <auto part>
int civil_part(lua_State* L) {
  lua_pushnumber(L, static_cast<lua_Number>(check_time(L, 1).civil().*part));
  return 1;
}

int time_add(lua_State* L) {
  const TimePoint& time = check_time(L, 1);
  push_time(L, time.add(check_duration_argument(L, 2)));
  return 1;
}

int time_sub(lua_State* L) {
  push_duration(L, check_time(L, 1).since(check_time(L, 2)));
  return 1;
}

int time_add_date(lua_State* L) {
  const TimePoint& time = check_time(L, 1);
  push_time(L, time.add_date(check_whole(L, 2), check_whole(L, 3), check_whole(L, 4)));
  return 1;
}

int time_after(lua_State* L) {
  lua_pushboolean(L, std::is_gt(check_time(L, 1).compare(check_time(L, 2))));
  return 1;
}

int time_before(lua_State* L) {
  lua_pushboolean(L, std::is_lt(check_time(L, 1).compare(check_time(L, 2))));
  return 1;
}

int time_equal(lua_State* L) {
  lua_pushboolean(L, std::is_eq(check_time(L, 1).compare(check_time(L, 2))));
  return 1;
}

int time_format(lua_State* L) {
  const TimePoint& time = check_time(L, 1);
  push_text(L, format_time(time, check_string_like(L, 2)));
  return 1;
}

int time_format_rfc3339(lua_State* L) {
  push_text(L, format_time(check_time(L, 1), layout::rfc3339));
  return 1;
}

int time_unix(lua_State* L) {
  lua_pushnumber(L, static_cast<lua_Number>(check_time(L, 1).unix_seconds()));
  return 1;
}

int time_unix_nano(lua_State* L) {
  lua_pushnumber(L, check_time(L, 1).unix_nanoseconds());
  return 1;
}

int time_date(lua_State* L) {
  const CivilTime at = check_time(L, 1).civil();
  lua_pushnumber(L, static_cast<lua_Number>(at.year));
  lua_pushnumber(L, at.month);
  lua_pushnumber(L, at.day);
  return 3;
}

int time_clock(lua_State* L) {
  const CivilTime at = check_time(L, 1).civil();
  lua_pushnumber(L, at.hour);
  lua_pushnumber(L, at.minute);
  lua_pushnumber(L, at.second);
  return 3;
}

int time_nanosecond(lua_State* L) {
  lua_pushnumber(L, check_time(L, 1).nanosecond());
  return 1;
}

int time_is_zero(lua_State* L) {
  lua_pushboolean(L, check_time(L, 1).is_zero());
  return 1;
}

int time_in_location(lua_State* L) {
  push_time(L, check_time(L, 1).in(check_location(L, 2)));
  return 1;
}

int time_utc(lua_State* L) {
  push_time(L, check_time(L, 1).in(Zone::utc()));
  return 1;
}

int time_in_local(lua_State* L) {
  push_time(L, check_time(L, 1).in(Zone::local()));
  return 1;
}

int time_location(lua_State* L) {
  push_location(L, check_time(L, 1).zone());
  return 1;
}

int time_round(lua_State* L) {
  push_time(L, check_time(L, 1).round(check_duration(L, 2)));
  return 1;
}

int time_truncate(lua_State* L) {
  push_time(L, check_time(L, 1).truncate(check_duration(L, 2)));
  return 1;
}

int time_text(lua_State* L) {
  push_text(L, to_text(check_time(L, 1)));
  return 1;
}

constexpr luaL_Reg methods[] = {
    {"add", time_add},
    {"sub", time_sub},
    {"add_date", time_add_date},
    {"after", time_after},
    {"before", time_before},
    {"equal", time_equal},
    {"format", time_format},
    {"format_rfc3339", time_format_rfc3339},
    {"unix", time_unix},
    {"unix_nano", time_unix_nano},
    {"date", time_date},
    {"clock", time_clock},
    {"year", civil_part<&CivilTime::year>},
    {"month", civil_part<&CivilTime::month>},
    {"day", civil_part<&CivilTime::day>},
    {"hour", civil_part<&CivilTime::hour>},
    {"minute", civil_part<&CivilTime::minute>},
    {"second", civil_part<&CivilTime::second>},
    {"nanosecond", time_nanosecond},
    {"weekday", civil_part<&CivilTime::weekday>},
    {"year_day", civil_part<&CivilTime::year_day>},
    {"is_zero", time_is_zero},
    {"in_location", time_in_location},
    {"utc", time_utc},
    {"in_local", time_in_local},
    {"location", time_location},
    {"round", time_round},
    {"truncate", time_truncate},
    {nullptr, nullptr},
};
constexpr UserdataClass time_class{"time.Time", methods, time_text};

}  // namespace

void push_time(lua_State* L, const TimePoint& time) { push_userdata(L, time_class, time); }
TimePoint* test_time(lua_State* L, int index) { return test_userdata<TimePoint>(L, index, time_class); }
TimePoint& check_time(lua_State* L, int index) { return check_userdata<TimePoint>(L, index, time_class); }

}  // namespace trivium::lua
