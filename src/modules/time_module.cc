#include "modules/time_module.h"

#include <algorithm>
#include <limits>

#include "core/time_layout.h"
#include "lua/error_object.h"
#include "modules/arguments.h"
#include "modules/time_values.h"

namespace trivium::lua {
namespace {

struct NumberConstant {
  const char* name;
  double value;
};
constexpr NumberConstant numbers[] = {
    {"NANOSECOND", 1}, {"MICROSECOND", 1e3}, {"MILLISECOND", 1e6}, {"SECOND", 1e9}, {"MINUTE", 6e10},
    {"HOUR", 3.6e12},  {"JANUARY", 1},       {"FEBRUARY", 2},      {"MARCH", 3},    {"APRIL", 4},
    {"MAY", 5},        {"JUNE", 6},          {"JULY", 7},          {"AUGUST", 8},   {"SEPTEMBER", 9},
    {"OCTOBER", 10},   {"NOVEMBER", 11},     {"DECEMBER", 12},     {"SUNDAY", 0},   {"MONDAY", 1},
    {"TUESDAY", 2},    {"WEDNESDAY", 3},     {"THURSDAY", 4},      {"FRIDAY", 5},   {"SATURDAY", 6},
};

struct LayoutConstant {
  const char* name;
  std::string_view value;
};
constexpr LayoutConstant layouts[] = {
    {"RFC3339", layout::rfc3339},
    {"RFC3339NANO", layout::rfc3339_nano},
    {"RFC822", layout::rfc822},
    {"RFC822Z", layout::rfc822z},
    {"RFC850", layout::rfc850},
    {"RFC1123", layout::rfc1123},
    {"RFC1123Z", layout::rfc1123z},
    {"KITCHEN", layout::kitchen},
    {"STAMP", layout::stamp},
    {"STAMP_MILLI", layout::stamp_milli},
    {"STAMP_MICRO", layout::stamp_micro},
    {"STAMP_NANO", layout::stamp_nano},
    {"DATE_TIME", layout::date_time},
    {"DATE_ONLY", layout::date_only},
    {"TIME_ONLY", layout::time_only},
};

// An optional Location argument.
Zone zone_or_local(lua_State* L, int index) {
  return lua_isnoneornil(L, index) ? Zone::local() : check_location(L, index);
}

int date(lua_State* L) {
  DateParts parts;
  int64_t* const in_order[] = {&parts.year,   &parts.month,  &parts.day,       &parts.hour,
                               &parts.minute, &parts.second, &parts.nanosecond};
  for (int i = 0; i < 7; ++i) *in_order[i] = check_whole(L, i + 1);
  push_time(L, TimePoint::from_date(parts, zone_or_local(L, 8)));
  return 1;
}

int unix_time(lua_State* L) {
  push_time(L, TimePoint::from_unix(check_whole(L, 1), check_whole(L, 2), Zone::local()));
  return 1;
}

int parse(lua_State* L) {
  const std::string_view layout = check_string_like(L, 1);
  const std::string_view text = check_string_like(L, 2);
  const auto time = parse_time(layout, text, zone_or_local(L, 3));
  if (!time) return push_failure(L, time.error());
  push_time(L, *time);
  return 1;
}

int duration(lua_State* L) {
  Error why;
  const auto parsed = to_duration_argument(L, 1, &why);
  if (!parsed) return push_failure(L, why);
  push_duration(L, *parsed);
  return 1;
}

int load_location(lua_State* L) {
  const auto zone = Zone::load(check_string_like(L, 1));
  if (!zone) return push_failure(L, zone.error());
  push_location(L, *zone);
  return 1;
}

int fixed_zone(lua_State* L) {
  const std::string_view name = check_string_like(L, 1);
  // Far more than any zone, and safe to add to any time.
  constexpr int64_t limit = std::numeric_limits<int>::max() / 2;
  const int64_t offset = std::clamp(check_whole(L, 2), -limit, limit);
  push_location(L, Zone::fixed(std::string(name), static_cast<int>(offset)));
  return 1;
}

constexpr luaL_Reg functions[] = {
    {"date", date},
    {"unix", unix_time},
    {"parse", parse},
    {"parse_duration", duration},
    {"load_location", load_location},
    {"fixed_zone", fixed_zone},
    {nullptr, nullptr},
};

}  // namespace

int open_time(lua_State* L) {
  lua_createtable(L, 0, static_cast<int>(std::size(numbers) + std::size(layouts) + std::size(functions) + 8));
  luaL_setfuncs(L, functions, 0);
  for (const auto& [name, value] : numbers) {
    lua_pushnumber(L, value);
    lua_setfield(L, -2, name);
  }
  for (const auto& [name, value] : layouts) {
    push_text(L, value);
    lua_setfield(L, -2, name);
  }
  push_location(L, Zone::utc());
  lua_setfield(L, -2, "utc");
  push_location(L, Zone::local());
  lua_setfield(L, -2, "localtz");
  return 1;
}

}  // namespace trivium::lua
