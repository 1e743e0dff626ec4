#include "app/scalar.h"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <optional>
#include <string>

namespace trivium::app {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Digits of `base`, with `_` between them; nothing when there is any other character. Too large
// integers come out as doubles.
std::optional<Value> parse_digits(std::string_view digits, int base, bool negative) {
  std::string plain;
  for (char c : digits) {
    if (c != '_') plain += c;
  }
  if (plain.empty() || digits.front() == '_' || digits.back() == '_') return std::nullopt;
  uint64_t magnitude = 0;
  const char* end = plain.data() + plain.size();
  auto [stop, error] = std::from_chars(plain.data(), end, magnitude, base);
  if (stop != end) return std::nullopt;
  constexpr auto limit = static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
  if (error == std::errc() && magnitude <= limit) {
    const auto value = static_cast<int64_t>(magnitude);
    return Value(negative ? -value : value);
  }
  if (error == std::errc() && negative && magnitude == limit + 1)
    return Value(std::numeric_limits<int64_t>::min());
  double wide = 0;
  for (char c : plain) {
    const int digit = is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10;
    wide = wide * base + digit;
  }
  return Value(negative ? -wide : wide);
}

std::optional<Value> parse_integer(std::string_view text) {
  bool negative = false;
  if (text.front() == '-' || text.front() == '+') {
    negative = text.front() == '-';
    text.remove_prefix(1);
  }
  if (text.empty() || !is_digit(text.front())) return std::nullopt;
  if (text.size() > 2 && text[0] == '0') {
    switch (text[1]) {
      case 'x':
      case 'X':
        return parse_digits(text.substr(2), 16, negative);
      case 'o':
      case 'O':
        return parse_digits(text.substr(2), 8, negative);
      case 'b':
      case 'B':
        return parse_digits(text.substr(2), 2, negative);
      default:
        break;
    }
  }
  if (text.size() > 1 && text[0] == '0') {
    // 0600 is octal, 089 a plain decimal number.
    if (auto octal = parse_digits(text.substr(1), 8, negative)) return octal;
  }
  return parse_digits(text, 10, negative);
}

std::optional<Value> parse_float(std::string_view text) {
  std::string_view body = text;
  const bool negative = body.front() == '-';
  if (negative || body.front() == '+') body.remove_prefix(1);
  if (body == ".inf" || body == ".Inf" || body == ".INF") {
    const double infinity = std::numeric_limits<double>::infinity();
    return Value(negative ? -infinity : infinity);
  }
  if (text == ".nan" || text == ".NaN" || text == ".NAN")
    return Value(std::numeric_limits<double>::quiet_NaN());
  std::string plain;
  bool digits = false;
  for (char c : body) {
    if (c == '_' && digits) continue;
    if (!is_digit(c) && c != '.' && c != 'e' && c != 'E' && c != '+' && c != '-') return std::nullopt;
    digits = digits || is_digit(c);
    plain += c;
  }
  if (!digits || body.back() == '_' || !(is_digit(plain.front()) || plain.front() == '.'))
    return std::nullopt;
  double value = 0;
  const char* end = plain.data() + plain.size();
  auto [stop, error] = std::from_chars(plain.data(), end, value);
  if (stop != end || error != std::errc()) return std::nullopt;
  return number_value(negative ? -value : value);
}

// Reads one to `width` digits.
bool take_number(std::string_view& text, size_t width, int& out) {
  size_t length = 0;
  out = 0;
  while (length < text.size() && length < width && is_digit(text[length]))
    out = out * 10 + (text[length++] - '0');
  text.remove_prefix(length);
  return length > 0;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

bool valid_date(int year, int month, int day) {
  static constexpr int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (month < 1 || month > 12 || day < 1) return false;
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return day <= days[month - 1] + (leap && month == 2 ? 1 : 0);
}

// "+02", "-0530", "+02:00", "Z" -> the RFC 3339 form.
bool take_zone(std::string_view& text, std::string& zone) {
  if (take(text, 'Z') || take(text, 'z')) {
    zone = "Z";
    return true;
  }
  if (text.empty() || (text.front() != '+' && text.front() != '-')) return false;
  const char sign = text.front();
  text.remove_prefix(1);
  int hours = 0;
  int minutes = 0;
  if (!take_number(text, 2, hours)) return false;
  take(text, ':');
  if (!text.empty() && !take_number(text, 2, minutes)) return false;
  if (hours > 23 || minutes > 59) return false;
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%c%02d:%02d", sign, hours, minutes);
  zone = hours == 0 && minutes == 0 ? "Z" : buffer;
  return true;
}

std::optional<Value> parse_timestamp(std::string_view text) {
  if (text.size() < 8 || !is_digit(text[3]) || text[4] != '-') return std::nullopt;
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  if (!take_number(text, 4, year) || !take(text, '-') || !take_number(text, 2, month) || !take(text, '-') ||
      !take_number(text, 2, day) || !valid_date(year, month, day)) {
    return std::nullopt;
  }
  std::string fraction;
  std::string zone = "Z";
  if (!text.empty()) {
    if (!take(text, 'T') && !take(text, 't') && !take(text, ' ')) return std::nullopt;
    while (take(text, ' ')) {
    }
    if (!take_number(text, 2, hour) || !take(text, ':') || !take_number(text, 2, minute) ||
        !take(text, ':') || !take_number(text, 2, second) || hour > 23 || minute > 59 || second > 59) {
      return std::nullopt;
    }
    if (take(text, '.')) {
      while (!text.empty() && is_digit(text.front())) {
        if (fraction.size() < 9) fraction += text.front();
        text.remove_prefix(1);
      }
      while (fraction.ends_with('0')) fraction.pop_back();
    }
    while (take(text, ' ')) {
    }
    if (!text.empty() && !take_zone(text, zone)) return std::nullopt;
    if (!text.empty()) return std::nullopt;
  }
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, "%04d-%02d-%02dT%02d:%02d:%02d", year, month, day, hour, minute,
                second);
  std::string out = buffer;
  if (!fraction.empty()) out += "." + fraction;
  return Value(out + zone);
}

}  // namespace

Value number_value(double number) {
  constexpr double exact = 9007199254740992.0;  // 2^53: beyond, a double no longer names one integer
  if (std::abs(number) <= exact && number == std::trunc(number)) return Value(static_cast<int64_t>(number));
  return Value(number);
}

Value resolve_scalar(std::string_view text) {
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") return Value();
  const char first = text.front();
  switch (first) {
    case 't':
    case 'T':
      if (text == "true" || text == "True" || text == "TRUE") return Value(true);
      break;
    case 'f':
    case 'F':
      if (text == "false" || text == "False" || text == "FALSE") return Value(false);
      break;
    default:
      break;
  }
  if (is_digit(first) || first == '-' || first == '+' || first == '.') {
    if (auto value = parse_integer(text)) return *value;
    if (auto value = parse_float(text)) return *value;
    if (auto value = parse_timestamp(text)) return *value;
  }
  return Value(text);
}

}  // namespace trivium::app
