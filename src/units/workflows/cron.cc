#include "units/workflows/cron.h"

#include <array>
#include <bitset>
#include <charconv>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "core/duration.h"

namespace trivium::units::workflows {
namespace {

using Set = std::bitset<64>;

struct Field {
  int low;
  int high;
  std::string_view names;  // three letters each, from `low` on
};
constexpr std::array<Field, 5> fields = {{{0, 59, {}},
                                          {0, 23, {}},
                                          {1, 31, {}},
                                          {1, 12, "janfebmaraprmayjunjulaugsepoctnovdec"},
                                          {0, 7, "sunmontuewedthufrisat"}}};

constexpr std::array<std::pair<std::string_view, std::string_view>, 7> shorthands = {
    {{"@hourly", "0 * * * *"},
     {"@daily", "0 0 * * *"},
     {"@midnight", "0 0 * * *"},
     {"@weekly", "0 0 * * 0"},
     {"@monthly", "0 0 1 * *"},
     {"@yearly", "0 0 1 1 *"},
     {"@annually", "0 0 1 1 *"}}};

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find(separator, at), text.size());
    if (end > at || separator != ' ') parts.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

std::optional<int> number(std::string_view text, const Field& field) {
  int value = 0;
  const auto done = std::from_chars(text.data(), text.data() + text.size(), value);
  if (done.ec == std::errc() && done.ptr == text.data() + text.size()) {
    return value >= field.low && value <= field.high ? std::optional(value) : std::nullopt;
  }
  std::string name;
  for (const char c : text) name += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  const size_t at = name.size() == 3 ? field.names.find(name) : std::string_view::npos;
  if (at == std::string_view::npos || at % 3 != 0) return std::nullopt;
  return field.low + static_cast<int>(at / 3);
}

// "*", "3", "1-5", each perhaps with "/2".
bool add(std::string_view item, const Field& field, Set& set) {
  int step = 1;
  const size_t slash = item.find('/');
  if (slash != std::string_view::npos) {
    const std::optional<int> parsed = number(item.substr(slash + 1), {1, 63, {}});
    if (!parsed) return false;
    step = *parsed;
  }
  const std::string_view range = item.substr(0, slash);
  std::optional<int> low = field.low;
  std::optional<int> high = field.high;
  if (range != "*" && range != "?") {
    const size_t dash = range.find('-');
    low = number(range.substr(0, dash), field);
    high = dash != std::string_view::npos    ? number(range.substr(dash + 1), field)
           : slash != std::string_view::npos ? std::optional(field.high)
                                             : low;
  }
  if (!low || !high || *low > *high) return false;
  for (int value = *low; value <= *high; value += step) set.set(static_cast<size_t>(value));
  return true;
}

struct Schedule {
  std::array<Set, 5> sets;
  bool any_day = false;  // of the month
  bool any_weekday = false;
};

std::optional<Schedule> parse(std::string_view text) {
  const std::vector<std::string_view> parts = split(text, ' ');
  if (parts.size() != fields.size()) return std::nullopt;
  Schedule schedule;
  for (size_t i = 0; i < fields.size(); ++i) {
    for (const std::string_view item : split(parts[i], ',')) {
      if (!add(item, fields[i], schedule.sets[i])) return std::nullopt;
    }
  }
  if (schedule.sets[4].test(7)) schedule.sets[4].set(0);
  schedule.any_day = parts[2].starts_with('*') || parts[2] == "?";
  schedule.any_weekday = parts[4].starts_with('*') || parts[4] == "?";
  return schedule;
}

bool day_fits(const Schedule& schedule, std::chrono::sys_days day) {
  const std::chrono::year_month_day date(day);
  if (!schedule.sets[3].test(static_cast<unsigned>(date.month()))) return false;
  const bool by_date = schedule.sets[2].test(static_cast<unsigned>(date.day()));
  const bool by_weekday = schedule.sets[4].test(std::chrono::weekday(day).c_encoding());
  // Restricted both ways, either will do.
  return schedule.any_day || schedule.any_weekday ? by_date && by_weekday : by_date || by_weekday;
}

Error refused(std::string_view schedule) {
  return Error::of(kind::invalid, "not a cron schedule: \"" + std::string(schedule) + "\"");
}

}  // namespace

Result<int64_t> next_cron_ns(std::string_view text, int64_t after_ns) {
  if (text.starts_with("@every ")) {
    const std::optional<Duration> interval = parse_duration(text.substr(7));
    if (!interval || *interval < std::chrono::seconds(1)) return fail(refused(text));
    return after_ns + interval->count();
  }
  std::string_view plain = text;
  for (const auto& [name, meaning] : shorthands) {
    if (name == text) plain = meaning;
  }
  const std::optional<Schedule> schedule = parse(plain);
  if (!schedule) return fail(refused(text));
  using std::chrono::days;
  using std::chrono::minutes;
  const std::chrono::sys_time<std::chrono::nanoseconds> after{std::chrono::nanoseconds(after_ns)};
  const auto first = std::chrono::floor<minutes>(after) + minutes(1);
  std::chrono::sys_days day = std::chrono::floor<days>(first);
  int from = static_cast<int>((first - day).count());
  // Leap days at the turn of a century are eight years apart.
  for (int i = 0; i < 366 * 9; ++i, day += days(1), from = 0) {
    if (!day_fits(*schedule, day)) continue;
    for (int minute = from; minute < 24 * 60; ++minute) {
      if (!schedule->sets[1].test(static_cast<size_t>(minute / 60)) ||
          !schedule->sets[0].test(static_cast<size_t>(minute % 60))) {
        continue;
      }
      return std::chrono::duration_cast<std::chrono::nanoseconds>(day.time_since_epoch() + minutes(minute))
          .count();
    }
  }
  return fail(refused(text));
}

}  // namespace trivium::units::workflows
