// `os`: the clock of the host, and calendar text in English whatever the locale.
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>

#include "lua/sandbox/frozen.h"
#include "lua/sandbox/libraries.h"
#include "lua/sandbox/sandbox.h"
#include "lua/sandbox/text_argument.h"

namespace trivium::lua {
namespace {

constexpr std::array<std::string_view, 7> day_names = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                       "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> month_names = {"January",   "February", "March",    "April",
                                                          "May",       "June",     "July",     "August",
                                                          "September", "October",  "November", "December"};

std::time_t now_seconds(lua_State* L) {
  constexpr int64_t second = 1'000'000'000;
  const int64_t ns = sandbox_hooks(L).wall_ns(L);
  return static_cast<std::time_t>(ns / second - (ns % second < 0 ? 1 : 0));
}

std::optional<std::tm> broken_down(std::time_t seconds, bool utc) {
  std::tm tm{};
  if ((utc ? gmtime_r(&seconds, &tm) : localtime_r(&seconds, &tm)) == nullptr) return std::nullopt;
  return tm;
}

template <class... Args>
void append(std::string& out, const char* format, Args... args) {
  std::array<char, 96> text;
  std::snprintf(text.data(), text.size(), format, args...);
  out += text.data();
}

int iso_week(const std::tm& tm) {
  std::array<char, 8> text;
  std::strftime(text.data(), text.size(), "%V", &tm);
  return (text[0] - '0') * 10 + (text[1] - '0');
}

void append_zone_offset(std::string& out, const std::tm& tm) {
  const long minutes = std::labs(tm.tm_gmtoff) / 60;
  append(out, "%c%02ld%02ld", tm.tm_gmtoff < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

void append_specifier(std::string& out, char specifier, const std::tm& tm, bool utc) {
  const std::string_view day = day_names[static_cast<size_t>(tm.tm_wday)];
  const std::string_view month = month_names[static_cast<size_t>(tm.tm_mon)];
  const long year = tm.tm_year + 1900L;
  switch (specifier) {
    case 'a':
      out += day.substr(0, 3);
      break;
    case 'A':
      out += day;
      break;
    case 'b':
      out += month.substr(0, 3);
      break;
    case 'B':
      out += month;
      break;
    case 'c':
      out += day.substr(0, 3);
      out += ' ';
      out += month.substr(0, 3);
      append(out, " %2d %02d:%02d:%02d %04ld", tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, year);
      break;
    case 'd':
      append(out, "%02d", tm.tm_mday);
      break;
    case 'H':
      append(out, "%02d", tm.tm_hour);
      break;
    case 'I':
      append(out, "%02d", tm.tm_hour % 12 == 0 ? 12 : tm.tm_hour % 12);
      break;
    case 'j':
      append(out, "%03d", tm.tm_yday + 1);
      break;
    case 'm':
      append(out, "%02d", tm.tm_mon + 1);
      break;
    case 'M':
      append(out, "%02d", tm.tm_min);
      break;
    case 'p':
      out += tm.tm_hour < 12 ? "AM" : "PM";
      break;
    case 'S':
      append(out, "%02d", tm.tm_sec);
      break;
    case 'U':
    case 'W':
      append(out, "%02d", iso_week(tm));
      break;
    case 'w':
      append(out, "%d", tm.tm_wday);
      break;
    case 'x':
      append(out, "%02d/%02d/%02ld", tm.tm_mon + 1, tm.tm_mday, ((year % 100) + 100) % 100);
      break;
    case 'X':
      append(out, "%02d:%02d:%02d", tm.tm_hour, tm.tm_min, tm.tm_sec);
      break;
    case 'y':
      append(out, "%02ld", ((year % 100) + 100) % 100);
      break;
    case 'Y':
      append(out, "%04ld", year);
      break;
    case 'z':
      append_zone_offset(out, tm);
      break;
    case 'Z':
      out += utc ? "UTC" : tm.tm_zone;
      break;
    case '%':
      out += '%';
      break;
    default:
      out += '%';
      out += specifier;
  }
}

void set_field(lua_State* L, const char* name, int value) {
  lua_pushinteger(L, value);
  lua_setfield(L, -2, name);
}

void push_date_table(lua_State* L, const std::tm& tm) {
  lua_createtable(L, 0, 9);
  set_field(L, "year", tm.tm_year + 1900);
  set_field(L, "month", tm.tm_mon + 1);
  set_field(L, "day", tm.tm_mday);
  set_field(L, "hour", tm.tm_hour);
  set_field(L, "min", tm.tm_min);
  set_field(L, "sec", tm.tm_sec);
  set_field(L, "wday", tm.tm_wday + 1);
  set_field(L, "yday", tm.tm_yday + 1);
  lua_pushboolean(L, tm.tm_gmtoff != 0 ? 1 : 0);  // as applications know it
  lua_setfield(L, -2, "isdst");
}

int os_date(lua_State* L) {
  std::string_view format = lua_isnoneornil(L, 1) ? "%c" : to_string_argument(L, 1);
  const double when =
      lua_isnoneornil(L, 2) ? static_cast<double>(now_seconds(L)) : std::floor(luaL_checknumber(L, 2));
  const bool utc = format.starts_with('!');
  if (utc) format.remove_prefix(1);
  std::optional<std::tm> tm;
  if (std::fabs(when) < 1e17) tm = broken_down(static_cast<std::time_t>(when), utc);
  if (!tm) return luaL_error(L, "date result cannot be represented");
  if (format.starts_with("*t")) {
    push_date_table(L, *tm);
    return 1;
  }
  std::string text;
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] == '%' && i + 1 < format.size()) {
      append_specifier(text, format[++i], *tm, utc);
    } else {
      text += format[i];
    }
  }
  lua_pushlstring(L, text.data(), text.size());
  return 1;
}

// A number in the table at index 1, cut to an integer; anything else counts as absent.
int date_field(lua_State* L, const char* name, int fallback) {
  lua_getfield(L, 1, name);
  int is_number = 0;
  const double number = std::trunc(lua_tonumberx(L, -1, &is_number));
  lua_pop(L, 1);
  if (is_number == 0) return fallback;
  if (!(std::fabs(number) < 1e9)) luaL_error(L, "field '%s' is out-of-bound", name);
  return static_cast<int>(number);
}

int os_time(lua_State* L) {
  const std::time_t now = now_seconds(L);
  if (lua_isnoneornil(L, 1)) {
    lua_pushnumber(L, static_cast<double>(now));
    return 1;
  }
  luaL_checktype(L, 1, LUA_TTABLE);
  const std::tm today = broken_down(now, false).value_or(std::tm{});
  std::tm tm{};
  tm.tm_year = date_field(L, "year", today.tm_year + 1900) - 1900;
  tm.tm_mon = date_field(L, "month", today.tm_mon + 1) - 1;
  tm.tm_mday = date_field(L, "day", today.tm_mday);
  tm.tm_hour = date_field(L, "hour", 0);
  tm.tm_min = date_field(L, "min", 0);
  tm.tm_sec = date_field(L, "sec", 0);
  tm.tm_isdst = -1;
  tm.tm_wday = -1;  // stays when the date cannot be represented
  const std::time_t seconds = std::mktime(&tm);
  if (tm.tm_wday == -1) return luaL_error(L, "time result cannot be represented");
  lua_pushnumber(L, static_cast<double>(seconds));
  return 1;
}

int os_clock(lua_State* L) {
  lua_pushnumber(L, static_cast<double>(sandbox_hooks(L).clock_ns(L)) / 1e9);
  return 1;
}

int os_difftime(lua_State* L) {
  const lua_Number later = luaL_checknumber(L, 1);
  lua_pushnumber(L, later - luaL_checknumber(L, 2));
  return 1;
}

void push_platform(lua_State* L) { lua_pushliteral(L, "wippy"); }

}  // namespace

const Library& os_library() {
  static const LibraryField fields[] = {
      {"clock", os_clock}, {"date", os_date}, {"difftime", os_difftime}, {"platform", nullptr, push_platform},
      {"time", os_time},
  };
  static const Library library{fields};
  return library;
}

}  // namespace trivium::lua
