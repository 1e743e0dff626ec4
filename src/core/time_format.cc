#include <algorithm>
#include <cstdlib>

#include "core/layout_token.h"
#include "core/time_layout.h"

namespace trivium {
namespace {

void append_padded(std::string& out, int64_t number, size_t width, char fill) {
  if (number < 0) {
    out += '-';
    number = -number;
  }
  const std::string digits = std::to_string(number);
  if (digits.size() < width) out.append(width - digits.size(), fill);
  out += digits;
}

void append_offset(std::string& out, int seconds, OffsetStyle style) {
  if (style.z_for_utc && seconds == 0) {
    out += 'Z';
    return;
  }
  // The sign is that of the offset in whole minutes.
  out += seconds / 60 < 0 ? '-' : '+';
  const int size = std::abs(seconds);
  const auto part = [&](int number, bool separated) {
    if (separated) out += ':';
    append_padded(out, number, 2, '0');
  };
  part(size / 3600, false);
  if (style.minutes) part(size / 60 % 60, style.colons);
  if (style.seconds) part(size % 60, style.colons);
}

void append_fraction(std::string& out, int nanosecond, const LayoutChunk& chunk) {
  std::string digits;
  append_padded(digits, nanosecond, 9, '0');
  digits.resize(std::min<size_t>(chunk.digits(), 9));
  if (chunk.element == Element::short_fraction) {
    const size_t last = digits.find_last_not_of('0');
    digits.resize(last == std::string::npos ? 0 : last + 1);
    if (digits.empty()) return;
  }
  out += chunk.text.front();
  out += digits;
}

// The hour on a twelve-hour clock.
int on_dial(int hour) { return hour % 12 == 0 ? 12 : hour % 12; }

void append_element(std::string& out, const LayoutChunk& chunk, const CivilTime& at, int nanosecond) {
  switch (chunk.element) {
    case Element::long_month:
      out += month_names[at.month - 1];
      break;
    case Element::short_month:
      out += month_names[at.month - 1].substr(0, 3);
      break;
    case Element::month:
      append_padded(out, at.month, 0, '0');
      break;
    case Element::zero_month:
      append_padded(out, at.month, 2, '0');
      break;
    case Element::long_weekday:
      out += weekday_names[at.weekday];
      break;
    case Element::short_weekday:
      out += weekday_names[at.weekday].substr(0, 3);
      break;
    case Element::day:
      append_padded(out, at.day, 0, '0');
      break;
    case Element::space_day:
      append_padded(out, at.day, 2, ' ');
      break;
    case Element::zero_day:
      append_padded(out, at.day, 2, '0');
      break;
    case Element::space_year_day:
      append_padded(out, at.year_day, 3, ' ');
      break;
    case Element::zero_year_day:
      append_padded(out, at.year_day, 3, '0');
      break;
    case Element::hour:
      append_padded(out, at.hour, 2, '0');
      break;
    case Element::hour12:
      append_padded(out, on_dial(at.hour), 0, '0');
      break;
    case Element::zero_hour12:
      append_padded(out, on_dial(at.hour), 2, '0');
      break;
    case Element::minute:
      append_padded(out, at.minute, 0, '0');
      break;
    case Element::zero_minute:
      append_padded(out, at.minute, 2, '0');
      break;
    case Element::second:
      append_padded(out, at.second, 0, '0');
      break;
    case Element::zero_second:
      append_padded(out, at.second, 2, '0');
      break;
    case Element::year:
      append_padded(out, at.year, 4, '0');
      break;
    case Element::short_year:
      append_padded(out, std::max<int64_t>(at.year, 0) % 100, 2, '0');
      break;
    case Element::upper_half:
      out += at.hour < 12 ? "AM" : "PM";
      break;
    case Element::lower_half:
      out += at.hour < 12 ? "am" : "pm";
      break;
    case Element::zone_name:
      // A zone without a name still shows where it is.
      if (at.offset.abbreviation.empty()) {
        append_offset(out, at.offset.seconds, {});
      } else {
        out += at.offset.abbreviation;
      }
      break;
    case Element::offset:
      append_offset(out, at.offset.seconds, chunk.offset);
      break;
    case Element::fraction:
    case Element::short_fraction:
      append_fraction(out, nanosecond, chunk);
      break;
    case Element::none:
      break;
  }
}

}  // namespace

std::string format_time(const TimePoint& time, std::string_view layout) {
  const CivilTime at = time.civil();
  std::string out;
  while (!layout.empty()) {
    const LayoutChunk chunk = next_chunk(layout);
    out += chunk.literal;
    append_element(out, chunk, at, time.nanosecond());
    layout = chunk.rest;
  }
  return out;
}

}  // namespace trivium
