#include "core/time_point.h"

#include <absl/time/civil_time.h>

#include <algorithm>
#include <limits>

#include "core/time_layout.h"

namespace trivium {
namespace {

constexpr int64_t ns_per_second = 1000000000;
constexpr int64_t year_one = -62135596800;  // January 1 of year 1 in Unix seconds

// Instants stay this close to the epoch, so that no sum of one and a duration or an offset overflows.
constexpr __int128 seconds_limit = int64_t{1} << 62;

int64_t clamp_seconds(__int128 seconds) {
  return static_cast<int64_t>(std::clamp(seconds, -seconds_limit, seconds_limit));
}

Duration clamp_duration(__int128 ns) {
  constexpr __int128 limit = std::numeric_limits<int64_t>::max();
  return Duration(static_cast<int64_t>(std::clamp(ns, -limit - 1, limit)));
}

// The result is in [0, by).
__int128 floor_mod(__int128 value, __int128 by) {
  const __int128 rest = value % by;
  return rest < 0 ? rest + by : rest;
}

}  // namespace

TimePoint TimePoint::from_unix(int64_t seconds, int64_t nanoseconds, Zone zone) {
  const auto fraction = static_cast<int32_t>(floor_mod(nanoseconds, ns_per_second));
  TimePoint time;
  const __int128 whole = static_cast<__int128>(nanoseconds) - fraction;
  time.seconds_ = clamp_seconds(seconds + whole / ns_per_second);
  time.nanosecond_ = fraction;
  time.zone_ = std::move(zone);
  return time;
}

TimePoint TimePoint::from_date(const DateParts& date, const Zone& zone) {
  // Far beyond any use, and close enough to keep the sum of all parts within 64 bits of seconds.
  const auto within = [](int64_t part, double limit) {
    const auto bound = static_cast<int64_t>(limit);
    return std::clamp(part, -bound, bound);
  };
  const absl::CivilSecond wall(within(date.year, 4e10), within(date.month, 4e11), within(date.day, 1e13),
                               within(date.hour, 1e14), within(date.minute, 1e15), within(date.second, 1e17));
  return from_unix(zone.to_unix(wall - absl::CivilSecond(1970, 1, 1)), date.nanosecond, zone);
}

TimePoint TimePoint::reading(int64_t wall_ns, int64_t monotonic_ns, Zone zone) {
  TimePoint time = from_unix(0, wall_ns, std::move(zone));
  time.monotonic_ns_ = monotonic_ns;
  return time;
}

double TimePoint::unix_nanoseconds() const { return static_cast<double>(total_ns()); }

CivilTime TimePoint::civil() const {
  CivilTime result;
  result.offset = zone_.at(seconds_);
  const absl::CivilSecond wall = absl::CivilSecond(1970, 1, 1) + (seconds_ + result.offset.seconds);
  const absl::CivilDay day(wall);
  result.year = wall.year();
  result.month = wall.month();
  result.day = wall.day();
  result.hour = wall.hour();
  result.minute = wall.minute();
  result.second = wall.second();
  result.weekday = (static_cast<int>(absl::GetWeekday(day)) + 1) % 7;  // the library's week starts on Monday
  result.year_day = absl::GetYearDay(day);
  return result;
}

bool TimePoint::is_zero() const { return seconds_ == year_one && nanosecond_ == 0; }

TimePoint TimePoint::in(Zone zone) const {
  TimePoint time = *this;
  time.zone_ = std::move(zone);
  time.monotonic_ns_.reset();
  return time;
}

TimePoint TimePoint::add(Duration duration) const {
  TimePoint time = from_unix(0, nanosecond_, zone_);
  const __int128 total = total_ns() + duration.count();
  const __int128 fraction = floor_mod(total, ns_per_second);
  time.seconds_ = clamp_seconds((total - fraction) / ns_per_second);
  time.nanosecond_ = static_cast<int32_t>(fraction);
  if (monotonic_ns_) {
    time.monotonic_ns_ = clamp_duration(static_cast<__int128>(*monotonic_ns_) + duration.count()).count();
  }
  return time;
}

Duration TimePoint::since(const TimePoint& other) const {
  if (monotonic_ns_ && other.monotonic_ns_) {
    return clamp_duration(static_cast<__int128>(*monotonic_ns_) - *other.monotonic_ns_);
  }
  return clamp_duration(total_ns() - other.total_ns());
}

TimePoint TimePoint::add_date(int64_t years, int64_t months, int64_t days) const {
  // Bounded before the sums; from_date bounds the results again.
  const auto plus = [](int64_t base, int64_t more) {
    return base + std::clamp<int64_t>(more, -(int64_t{1} << 61), int64_t{1} << 61);
  };
  const CivilTime now = civil();
  return from_date({plus(now.year, years), plus(now.month, months), plus(now.day, days), now.hour, now.minute,
                    now.second, nanosecond_},
                   zone_);
}

int64_t TimePoint::remainder(int64_t unit) const {
  const __int128 since_year_one = total_ns() - static_cast<__int128>(year_one) * ns_per_second;
  return static_cast<int64_t>(floor_mod(since_year_one, unit));
}

TimePoint TimePoint::truncate(Duration unit) const {
  const TimePoint plain = in(zone_);
  return unit.count() <= 0 ? plain : plain.add(-Duration(remainder(unit.count())));
}

TimePoint TimePoint::round(Duration unit) const {
  TimePoint plain = in(zone_);
  if (unit.count() <= 0) return plain;
  const int64_t rest = remainder(unit.count());
  const bool down = rest < unit.count() - rest;
  return plain.add(Duration(down ? -rest : unit.count() - rest));
}

std::strong_ordering TimePoint::compare(const TimePoint& other) const {
  if (monotonic_ns_ && other.monotonic_ns_) return *monotonic_ns_ <=> *other.monotonic_ns_;
  if (seconds_ != other.seconds_) return seconds_ <=> other.seconds_;
  return nanosecond_ <=> other.nanosecond_;
}

std::string to_text(const TimePoint& time) {
  return format_time(time, "2006-01-02 15:04:05.999999999 -0700 MST");
}

}  // namespace trivium
