#include "core/duration.h"

#include <cstdint>
#include <limits>

namespace trivium {
namespace {

struct Unit {
  std::string_view name;
  int64_t nanoseconds;
};

// Longer names first: "ms" is not "m" followed by "s".
constexpr Unit units[] = {
    {"ns", 1},       {"us", 1000},      {"\xC2\xB5s", 1000}, {"\xCE\xBCs", 1000},
    {"ms", 1000000}, {"s", 1000000000}, {"m", 60000000000},  {"h", 3600000000000},
};

const Unit* match_unit(std::string_view text) {
  for (const Unit& unit : units) {
    if (text.starts_with(unit.name)) return &unit;
  }
  return nullptr;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string decimal(int64_t value, int64_t unit, std::string_view suffix) {
  std::string text = std::to_string(value / unit);
  if (int64_t rest = value % unit; rest != 0) {
    std::string digits;
    for (int64_t place = unit / 10; place > 0 && rest != 0; place /= 10) {
      digits += static_cast<char>('0' + rest / place);
      rest %= place;
    }
    text += "." + digits;
  }
  return text.append(suffix);
}

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) {
  bool negative = false;
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    negative = text.front() == '-';
    text.remove_prefix(1);
  }
  if (text == "0") return Duration::zero();
  if (text.empty()) return std::nullopt;
  // Whole parts are exact in 128 bits; fractions are added digit by digit below the unit.
  __int128 total = 0;
  constexpr __int128 limit = std::numeric_limits<int64_t>::max();
  while (!text.empty()) {
    __int128 whole = 0;
    size_t at = 0;
    while (at < text.size() && is_digit(text[at])) {
      whole = whole * 10 + (text[at] - '0');
      if (whole > limit) return std::nullopt;
      ++at;
    }
    size_t digits = at;
    std::string_view fraction;
    if (at < text.size() && text[at] == '.') {
      const size_t start = ++at;
      while (at < text.size() && is_digit(text[at])) ++at;
      fraction = text.substr(start, at - start);
      digits += fraction.size();
    }
    if (digits == 0) return std::nullopt;
    text.remove_prefix(at);
    const Unit* unit = match_unit(text);
    if (unit == nullptr) return std::nullopt;
    text.remove_prefix(unit->name.size());
    total += whole * unit->nanoseconds;
    __int128 scale = unit->nanoseconds;
    __int128 part = 0;
    __int128 divisor = 1;
    for (char c : fraction) {
      if (divisor > scale) break;  // further digits are below a nanosecond
      part = part * 10 + (c - '0');
      divisor *= 10;
    }
    total += part * scale / divisor;
    if (total > limit) return std::nullopt;
  }
  return Duration(static_cast<int64_t>(negative ? -total : total));
}

std::string format_duration(Duration duration) {
  const int64_t count = duration.count();
  if (count == 0) return "0s";
  const bool negative = count < 0;
  const auto magnitude = negative ? -static_cast<__int128>(count) : static_cast<__int128>(count);
  // The most negative count has no positive twin; a nanosecond less reads the same.
  const auto ns = static_cast<int64_t>(
      magnitude > std::numeric_limits<int64_t>::max() ? std::numeric_limits<int64_t>::max() : magnitude);
  std::string text;
  if (ns < 1000) {
    text = decimal(ns, 1, "ns");
  } else if (ns < 1000000) {
    text = decimal(ns, 1000, "\xC2\xB5s");
  } else if (ns < 1000000000) {
    text = decimal(ns, 1000000, "ms");
  } else {
    const int64_t hours = ns / 3600000000000;
    const int64_t minutes = ns / 60000000000 % 60;
    if (hours > 0) text += std::to_string(hours) + "h";
    if (hours > 0 || minutes > 0) text += std::to_string(minutes) + "m";
    text += decimal(ns % 60000000000, 1000000000, "s");
  }
  return negative ? "-" + text : text;
}

}  // namespace trivium
