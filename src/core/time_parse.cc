#include <cstdint>
#include <optional>

#include "core/layout_token.h"
#include "core/time_layout.h"
#include "core/zone_text.h"

namespace trivium {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_separator(char c) { return c == '.' || c == ','; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool is_leap(int64_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

int days_in(int64_t month, int64_t year) {
  constexpr int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

// Text in quotes, with everything that would not survive them as \x escapes.
std::string quoted(std::string_view text) {
  constexpr char hex[] = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte >= 0x80 || byte < ' ') {
      out += "\\x";
      out += hex[byte >> 4];
      out += hex[byte & 15];
    } else {
      out += c;
    }
  }
  return out + '"';
}

// Reads one text; all state of the parse is in here.
class Parser {
 public:
  Parser(std::string_view layout, std::string_view text, const Zone& zone)
      : layout_(layout), text_(text), rest_(text), zone_(zone) {}

  Result<TimePoint> run() {
    std::string_view layout = layout_;
    while (true) {
      const LayoutChunk chunk = next_chunk(layout);
      if (!skip_literal(chunk.literal)) return mismatch(rest_, chunk.literal);
      if (chunk.element == Element::none) break;
      layout = chunk.rest;
      const std::string_view start = rest_;
      const bool understood = read(chunk, layout);
      if (!out_of_range_.empty()) return complain(": " + std::string(out_of_range_) + " out of range");
      if (!understood) return mismatch(start, chunk.text);
    }
    if (!rest_.empty()) return complain(": extra text: " + quoted(rest_));
    return finish();
  }

 private:
  tl::unexpected<Error> complain(const std::string& what) const {
    return fail(kind::invalid, "parsing time " + quoted(text_) + what);
  }
  tl::unexpected<Error> mismatch(std::string_view rest, std::string_view element) const {
    return complain(" as " + quoted(layout_) + ": cannot parse " + quoted(rest) + " as " + quoted(element));
  }

  // A space stands for any run of spaces, also none at the end of the text.
  bool skip_literal(std::string_view literal) {
    const auto cut_spaces = [](std::string_view& s) {
      while (!s.empty() && s.front() == ' ') s.remove_prefix(1);
    };
    while (!literal.empty()) {
      if (literal.front() == ' ') {
        if (!rest_.empty() && rest_.front() != ' ') return false;
        cut_spaces(literal);
        cut_spaces(rest_);
        continue;
      }
      if (rest_.empty() || rest_.front() != literal.front()) return false;
      literal.remove_prefix(1);
      rest_.remove_prefix(1);
    }
    return true;
  }

  bool digit_at(size_t at) const { return at < rest_.size() && is_digit(rest_[at]); }

  // The next `count` characters as a number, if all are digits.
  std::optional<int> digits(size_t count) {
    int number = 0;
    for (size_t at = 0; at < count; ++at) {
      if (!digit_at(at)) return std::nullopt;
      number = number * 10 + (rest_[at] - '0');
    }
    rest_.remove_prefix(count);
    return number;
  }

  // Up to `most` digits, exactly as many when `padded`.
  std::optional<int> number(size_t most, bool padded) {
    size_t count = 0;
    while (count < most && digit_at(count)) ++count;
    if (count == 0 || (padded && count != most)) return std::nullopt;
    return digits(count);
  }

  bool read_number(std::optional<int>& into, std::string_view what, int low, int high, bool padded) {
    into = number(2, padded);
    if (into && (*into < low || *into > high)) out_of_range_ = what;
    return into.has_value();
  }

  void skip_spaces(int most) {
    for (; most > 0 && !rest_.empty() && rest_.front() == ' '; --most) rest_.remove_prefix(1);
  }

  // The index of the name the rest starts with, in any case.
  template <size_t count>
  std::optional<int> name(const std::string_view (&names)[count], size_t length) {
    for (size_t i = 0; i < count; ++i) {
      const std::string_view name = names[i].substr(0, length);
      size_t same = 0;
      while (same < name.size() && same < rest_.size() && lower(name[same]) == lower(rest_[same])) ++same;
      if (same != name.size()) continue;
      rest_.remove_prefix(name.size());
      return static_cast<int>(i);
    }
    return std::nullopt;
  }
  bool read_month_name(size_t length) {
    const auto index = name(month_names, length);
    if (index) month_ = *index + 1;
    return index.has_value();
  }

  // A separator and `count` digits; further ones than nanoseconds have are dropped.
  bool read_fraction(size_t count) {
    if (rest_.empty() || !is_separator(rest_.front())) return false;
    int nanosecond = 0;
    for (size_t at = 1; at <= 9; ++at) {
      if (at <= count && !digit_at(at)) return false;
      nanosecond = nanosecond * 10 + (at <= count ? rest_[at] - '0' : 0);
    }
    if (rest_.size() < count + 1) return false;
    rest_.remove_prefix(count + 1);
    nanosecond_ = nanosecond;
    return true;
  }
  size_t fraction_digits() const {
    if (rest_.empty() || !is_separator(rest_.front())) return 0;
    size_t count = 0;
    while (digit_at(count + 1)) ++count;
    return count;
  }

  bool read_second(bool padded, std::string_view rest_of_layout) {
    if (!read_number(second_, "second", 0, 59, padded)) return false;
    // Texts may have a fraction where the layout has none.
    if (fraction_digits() == 0 || next_chunk(rest_of_layout).is_fraction()) return true;
    return read_fraction(fraction_digits());
  }

  bool read_year() {
    const auto year = digits(4);
    if (year) year_ = *year;
    return year.has_value();
  }
  bool read_short_year() {
    const auto year = digits(2);
    if (year) year_ = *year + (*year >= 69 ? 1900 : 2000);
    return year.has_value();
  }

  bool read_half(std::string_view am, std::string_view pm) {
    const bool is_pm = rest_.starts_with(pm);
    if (!is_pm && !rest_.starts_with(am)) return false;
    afternoon_ = is_pm;
    rest_.remove_prefix(pm.size());
    return true;
  }

  bool read_offset(OffsetStyle style) {
    if (style.z_for_utc && rest_.starts_with('Z')) {
      rest_.remove_prefix(1);
      utc_ = true;
      return true;
    }
    const size_t gap = style.colons ? 3 : 2;  // from one part to the next
    const size_t parts = 1 + (style.minutes ? 1 : 0) + (style.seconds ? 1 : 0);
    const size_t length = 3 + (parts - 1) * gap;
    if (rest_.size() < length) return false;
    const std::string_view text = rest_.substr(0, length);
    rest_.remove_prefix(length);
    for (size_t part = 1; style.colons && part < parts; ++part) {
      if (text[part * gap] != ':') return false;
    }
    // Some write offsets of 24 hours or 60 minutes.
    constexpr int most[] = {24, 60, 60};
    constexpr std::string_view names[] = {"time zone offset hour", "time zone offset minute",
                                          "time zone offset second"};
    int seconds = 0;
    for (size_t part = 0; part < 3; ++part) {
      seconds *= 60;
      if (part >= parts) continue;
      const char tens = text[1 + part * gap];
      const char ones = text[2 + part * gap];
      if (!is_digit(tens) || !is_digit(ones)) return false;
      const int number = (tens - '0') * 10 + (ones - '0');
      if (number > most[part]) out_of_range_ = names[part];
      seconds += number;
    }
    offset_ = text.front() == '-' ? -seconds : seconds;
    return text.front() == '+' || text.front() == '-';
  }

  bool read_zone_name() {
    if (rest_.starts_with("UTC")) {
      rest_.remove_prefix(3);
      utc_ = true;
      return true;
    }
    const size_t length = abbreviation_length(rest_);
    zone_name_ = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return length > 0;
  }

  bool read(const LayoutChunk& chunk, std::string_view rest_of_layout) {
    switch (chunk.element) {
      case Element::long_month:
        return read_month_name(std::string_view::npos);
      case Element::short_month:
        return read_month_name(3);
      case Element::month:
        return read_number(month_, "month", 1, 12, false);
      case Element::zero_month:
        return read_number(month_, "month", 1, 12, true);
      case Element::long_weekday:
        return name(weekday_names, std::string_view::npos).has_value();
      case Element::short_weekday:
        return name(weekday_names, 3).has_value();
      case Element::space_day:
        skip_spaces(1);
        [[fallthrough]];
      // The day is checked once month and year are known.
      case Element::day:
        return (day_ = number(2, false)).has_value();
      case Element::zero_day:
        return (day_ = number(2, true)).has_value();
      case Element::space_year_day:
        skip_spaces(2);
        return (year_day_ = number(3, false)).has_value();
      case Element::zero_year_day:
        return (year_day_ = number(3, true)).has_value();
      case Element::hour:
        return read_number(hour_, "hour", 0, 23, false);
      case Element::hour12:
        return read_number(hour_, "hour", 1, 12, false);
      case Element::zero_hour12:
        return read_number(hour_, "hour", 1, 12, true);
      case Element::minute:
        return read_number(minute_, "minute", 0, 59, false);
      case Element::zero_minute:
        return read_number(minute_, "minute", 0, 59, true);
      case Element::second:
        return read_second(false, rest_of_layout);
      case Element::zero_second:
        return read_second(true, rest_of_layout);
      case Element::year:
        return read_year();
      case Element::short_year:
        return read_short_year();
      case Element::upper_half:
        return read_half("AM", "PM");
      case Element::lower_half:
        return read_half("am", "pm");
      case Element::zone_name:
        return read_zone_name();
      case Element::offset:
        return read_offset(chunk.offset);
      case Element::fraction:
        return read_fraction(chunk.digits());
      case Element::short_fraction:
        return fraction_digits() == 0 || read_fraction(fraction_digits());
      case Element::none:
        break;
    }
    return false;
  }

  // Month and day from the day of the year; the words of the complaint when they disagree.
  std::string_view apply_year_day() {
    int left = *year_day_;
    if (left < 1 || left > (is_leap(year_) ? 366 : 365)) return "day-of-year out of range";
    int month = 1;
    for (; left > days_in(month, year_); ++month) left -= days_in(month, year_);
    if (month_ && *month_ != month) return "day-of-year does not match month";
    if (day_ && *day_ != left) return "day-of-year does not match day";
    month_ = month;
    day_ = left;
    return {};
  }

  Result<TimePoint> finish() {
    if (year_day_) {
      if (const auto problem = apply_year_day(); !problem.empty())
        return complain(": " + std::string(problem));
    }
    int hour = hour_.value_or(0);
    if (afternoon_ && *afternoon_ && hour < 12) hour += 12;
    if (afternoon_ && !*afternoon_ && hour == 12) hour = 0;
    const int month = month_.value_or(1);
    const int day = day_.value_or(1);
    if (day < 1 || day > days_in(month, year_)) return complain(": day out of range");
    return in_zone({year_, month, day, hour, minute_.value_or(0), second_.value_or(0), nanosecond_});
  }

  TimePoint in_zone(const DateParts& date) const {
    if (utc_) return TimePoint::from_date(date, Zone::utc());
    const int64_t wall = TimePoint::from_date(date, Zone::utc()).unix_seconds();
    if (offset_) {
      const int64_t instant = wall - *offset_;
      const ZoneOffset here = zone_.at(instant);
      const bool agrees = here.seconds == *offset_ && (zone_name_.empty() || zone_name_ == here.abbreviation);
      return TimePoint::from_unix(instant, date.nanosecond,
                                  agrees ? zone_ : Zone::fixed(std::string(zone_name_), *offset_));
    }
    if (!zone_name_.empty()) {
      if (const auto known = zone_.offset_named(zone_name_, wall)) {
        return TimePoint::from_unix(wall - *known, date.nanosecond, zone_);
      }
      return TimePoint::from_date(date, Zone::fixed(std::string(zone_name_), offset_of_gmt_name(zone_name_)));
    }
    return TimePoint::from_date(date, zone_);
  }

  const std::string_view layout_;
  const std::string_view text_;
  std::string_view rest_;  // of the text, still to be read
  const Zone& zone_;
  std::string_view out_of_range_;  // name of the element whose value is too large or small

  int64_t year_ = 0;
  std::optional<int> month_, day_, year_day_, hour_, minute_, second_;
  int nanosecond_ = 0;
  std::optional<bool> afternoon_;  // the half of the day, where the text says it
  bool utc_ = false;
  std::optional<int> offset_;
  std::string_view zone_name_;
};

}  // namespace

Result<TimePoint> parse_time(std::string_view layout, std::string_view text, const Zone& zone) {
  return Parser(layout, text, zone).run();
}

}  // namespace trivium
