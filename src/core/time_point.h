// An instant with the zone it is shown in: nanoseconds over a range of billions of years, the calendar
// arithmetic of applications.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>

#include "core/duration.h"
#include "core/zone.h"

namespace trivium {

// A date and time as clocks in some zone show it.
struct CivilTime {
  int64_t year = 0;
  int month = 1;     // 1–12
  int day = 1;       // 1–31
  int hour = 0;      // 0–23
  int minute = 0;    // 0–59
  int second = 0;    // 0–59
  int weekday = 0;   // 0 is Sunday
  int year_day = 1;  // 1–366
  ZoneOffset offset;
};

// Parts of a date that need not be in range: month 13 is January of the next year.
struct DateParts {
  int64_t year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0, nanosecond = 0;
};

// A plain value. Comparisons and differences use the monotonic readings when both sides have one, so
// that steps of the wall clock do not show.
class TimePoint {
 public:
  TimePoint() = default;  // the Unix epoch in UTC

  // `nanoseconds` may have any value and carries into the seconds.
  static TimePoint from_unix(int64_t seconds, int64_t nanoseconds, Zone zone = Zone::utc());
  // The instant at which clocks in `zone` show the date; parts out of range normalise.
  static TimePoint from_date(const DateParts& date, const Zone& zone);
  // A reading of the clock: `wall_ns` since the Unix epoch and `monotonic_ns` of the same moment.
  static TimePoint reading(int64_t wall_ns, int64_t monotonic_ns, Zone zone);

  int64_t unix_seconds() const { return seconds_; }
  int nanosecond() const { return nanosecond_; }
  // Nanoseconds since the Unix epoch; exact as far as a double is.
  double unix_nanoseconds() const;
  const Zone& zone() const { return zone_; }
  CivilTime civil() const;
  // January 1 of year 1, 00:00 UTC.
  bool is_zero() const;

  // The same instant in another zone, without the monotonic reading.
  TimePoint in(Zone zone) const;

  TimePoint add(Duration duration) const;
  // this - other, at most the largest Duration either way.
  Duration since(const TimePoint& other) const;
  TimePoint add_date(int64_t years, int64_t months, int64_t days) const;

  // To a multiple of `unit` since year 1, UTC: down, or to the nearest and halves up. Unchanged when
  // `unit` is not positive, but without the monotonic reading.
  TimePoint truncate(Duration unit) const;
  TimePoint round(Duration unit) const;

  // Order of instants; zones do not matter.
  std::strong_ordering compare(const TimePoint& other) const;

 private:
  __int128 total_ns() const { return static_cast<__int128>(seconds_) * 1000000000 + nanosecond_; }
  // Nanoseconds past the last multiple of `unit`.
  int64_t remainder(int64_t unit) const;

  int64_t seconds_ = 0;  // since the Unix epoch
  int32_t nanosecond_ = 0;
  Zone zone_;
  std::optional<int64_t> monotonic_ns_;
};

// "2006-01-02 15:04:05.999999999 -0700 MST"
std::string to_text(const TimePoint& time);

}  // namespace trivium
