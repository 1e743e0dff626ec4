// Layouts as sequences of literal text and elements. A layout is the text that the reference instant
// Mon Jan 2 15:04:05 2006 -0700 MST would have.
#pragma once

#include <optional>
#include <string_view>

namespace trivium {

enum class Element {
  none,
  long_month,      // January
  short_month,     // Jan
  month,           // 1
  zero_month,      // 01
  long_weekday,    // Monday
  short_weekday,   // Mon
  day,             // 2
  space_day,       // _2
  zero_day,        // 02
  space_year_day,  // __2
  zero_year_day,   // 002
  hour,            // 15
  hour12,          // 3
  zero_hour12,     // 03
  minute,          // 4
  zero_minute,     // 04
  second,          // 5
  zero_second,     // 05
  year,            // 2006
  short_year,      // 06
  upper_half,      // PM
  lower_half,      // pm
  zone_name,       // MST
  offset,          // -0700 and its variants
  fraction,        // .000
  short_fraction   // .999
};

// How an offset is written.
struct OffsetStyle {
  bool z_for_utc = false;
  bool colons = false;
  bool minutes = true;
  bool seconds = false;
};

struct LayoutChunk {
  std::string_view literal;  // what comes before the element
  Element element = Element::none;
  std::string_view text;  // the element as the layout wrote it
  std::string_view rest;  // what comes behind it
  OffsetStyle offset;     // of Element::offset

  // Digits of a fraction.
  size_t digits() const { return text.size() - 1; }
  bool is_fraction() const { return element == Element::fraction || element == Element::short_fraction; }
};

// Splits off everything up to and including the first element. Element::none: all of it is literal.
LayoutChunk next_chunk(std::string_view layout);

inline constexpr std::string_view month_names[] = {"January",   "February", "March",    "April",
                                                   "May",       "June",     "July",     "August",
                                                   "September", "October",  "November", "December"};
inline constexpr std::string_view weekday_names[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                     "Thursday", "Friday", "Saturday"};

}  // namespace trivium
