#include "core/time_point.h"

#include <gtest/gtest.h>

#include <chrono>
#include <limits>

namespace trivium {
namespace {

using namespace std::chrono_literals;

TimePoint utc(int64_t year, int64_t month, int64_t day, int64_t hour = 0, int64_t minute = 0,
              int64_t second = 0, int64_t ns = 0) {
  return TimePoint::from_date({year, month, day, hour, minute, second, ns}, Zone::utc());
}

TEST(TimePoint, DatesAndUnixSeconds) {
  EXPECT_EQ(utc(1970, 1, 1).unix_seconds(), 0);
  EXPECT_EQ(utc(2006, 1, 2, 15, 4, 5).unix_seconds(), 1136214245);
  EXPECT_EQ(utc(1, 1, 1).unix_seconds(), -62135596800);
  EXPECT_EQ(utc(9999, 12, 31, 23, 59, 59).unix_seconds(), 253402300799);
  EXPECT_EQ(utc(12345, 6, 7).civil().year, 12345);
  EXPECT_EQ(utc(-44, 3, 15).civil().year, -44);
}

TEST(TimePoint, PartsOfADate) {
  const CivilTime at = utc(2024, 12, 31, 23, 59, 58, 7).civil();
  EXPECT_EQ(at.year, 2024);
  EXPECT_EQ(at.month, 12);
  EXPECT_EQ(at.day, 31);
  EXPECT_EQ(at.hour, 23);
  EXPECT_EQ(at.minute, 59);
  EXPECT_EQ(at.second, 58);
  EXPECT_EQ(at.weekday, 2);  // Tuesday
  EXPECT_EQ(at.year_day, 366);
  EXPECT_EQ(utc(2023, 1, 1).civil().weekday, 0);
  EXPECT_EQ(utc(2023, 1, 1).civil().year_day, 1);
}

TEST(TimePoint, DatesNormalise) {
  struct Case {
    DateParts given;
    const char* text;
  };
  const Case cases[] = {
      {{2024, 13, 1}, "2025-01-01 00:00:00 +0000 UTC"},
      {{2024, 0, 1}, "2023-12-01 00:00:00 +0000 UTC"},
      {{2024, 3, 0}, "2024-02-29 00:00:00 +0000 UTC"},
      {{2024, -1, 1}, "2023-11-01 00:00:00 +0000 UTC"},
      {{2023, 2, 30}, "2023-03-02 00:00:00 +0000 UTC"},
      {{2024, 1, 1, 25}, "2024-01-02 01:00:00 +0000 UTC"},
      {{2024, 1, 1, 0, -1}, "2023-12-31 23:59:00 +0000 UTC"},
      {{2024, 1, 1, 0, 0, 3600}, "2024-01-01 01:00:00 +0000 UTC"},
      {{2024, 1, 1, 0, 0, 0, -1}, "2023-12-31 23:59:59.999999999 +0000 UTC"},
      {{2024, 1, 1, 0, 0, 0, 1500000000}, "2024-01-01 00:00:01.5 +0000 UTC"},
  };
  for (const auto& [given, text] : cases) EXPECT_EQ(to_text(TimePoint::from_date(given, Zone::utc())), text);
}

TEST(TimePoint, DatesAreReadInTheirZone) {
  const Zone berlin = *Zone::load("Europe/Berlin");
  EXPECT_EQ(TimePoint::from_date({2024, 7, 1, 12}, berlin).unix_seconds(),
            utc(2024, 7, 1, 10).unix_seconds());
  EXPECT_EQ(to_text(TimePoint::from_date({2024, 1, 1, 12}, berlin)), "2024-01-01 12:00:00 +0100 CET");
}

TEST(TimePoint, AbsurdDatesDoNotOverflow) {
  constexpr int64_t most = std::numeric_limits<int64_t>::max();
  constexpr int64_t least = std::numeric_limits<int64_t>::min();
  const TimePoint late = TimePoint::from_date({most, most, most, most, most, most, most}, Zone::local());
  const TimePoint early =
      TimePoint::from_date({least, least, least, least, least, least, least}, Zone::local());
  EXPECT_TRUE(late.compare(early) > 0);
  EXPECT_TRUE(late.add_date(most, most, most).compare(early.add_date(least, least, least)) > 0);
  EXPECT_EQ(late.since(early).count(), most);
  EXPECT_EQ(early.since(late).count(), least);
  EXPECT_FALSE(to_text(TimePoint::from_unix(most, most)).empty());
  EXPECT_FALSE(to_text(TimePoint::from_unix(least, least).add(Duration::min())).empty());
}

TEST(TimePoint, UnixNanosecondsCarry) {
  const TimePoint before = TimePoint::from_unix(0, -1);
  EXPECT_EQ(before.unix_seconds(), -1);
  EXPECT_EQ(before.nanosecond(), 999999999);
  const TimePoint after = TimePoint::from_unix(10, 2500000000);
  EXPECT_EQ(after.unix_seconds(), 12);
  EXPECT_EQ(after.nanosecond(), 500000000);
  EXPECT_EQ(after.unix_nanoseconds(), 12.5e9);
}

TEST(TimePoint, AddAndSince) {
  const TimePoint start = utc(2024, 2, 28, 23);
  EXPECT_EQ(to_text(start.add(2h + 5ns)), "2024-02-29 01:00:00.000000005 +0000 UTC");
  EXPECT_EQ(to_text(start.add(-24h)), "2024-02-27 23:00:00 +0000 UTC");
  EXPECT_EQ(start.add(90min).since(start), 90min);
  EXPECT_EQ(start.since(start.add(1ns)), -1ns);
}

TEST(TimePoint, AddDateNormalises) {
  EXPECT_EQ(to_text(utc(2024, 1, 31).add_date(0, 1, 0)), "2024-03-02 00:00:00 +0000 UTC");
  EXPECT_EQ(to_text(utc(2023, 1, 31).add_date(0, 1, 0)), "2023-03-03 00:00:00 +0000 UTC");
  EXPECT_EQ(to_text(utc(2024, 2, 29).add_date(1, 0, 0)), "2025-03-01 00:00:00 +0000 UTC");
  EXPECT_EQ(to_text(utc(2024, 3, 1, 1, 2, 3, 4).add_date(-1, -2, -1)),
            "2022-12-31 01:02:03.000000004 +0000 UTC");
  // A day in local time, not 24 hours: the clocks change in between.
  const TimePoint eve = TimePoint::from_date({2024, 3, 30, 12}, *Zone::load("Europe/Berlin"));
  EXPECT_EQ(eve.add_date(0, 0, 1).since(eve), 23h);
}

TEST(TimePoint, ComparesInstantsNotZones) {
  const TimePoint noon = utc(2024, 1, 1, 12);
  EXPECT_TRUE(noon.compare(noon.in(Zone::fixed("X", 3600))) == 0);
  EXPECT_TRUE(noon.compare(noon.add(1ns)) < 0);
  EXPECT_TRUE(noon.compare(noon.add(-1s)) > 0);
}

TEST(TimePoint, ZeroIsTheStartOfYearOne) {
  EXPECT_TRUE(utc(1, 1, 1).is_zero());
  EXPECT_TRUE(utc(1, 1, 1).in(Zone::fixed("X", 60)).is_zero());
  EXPECT_FALSE(utc(1, 1, 1).add(1ns).is_zero());
  EXPECT_FALSE(TimePoint().is_zero());
}

TEST(TimePoint, TruncateCountsFromYearOneInUtc) {
  const TimePoint time = utc(2024, 5, 6, 13, 47, 31, 600000000);
  EXPECT_EQ(to_text(time.truncate(1h)), "2024-05-06 13:00:00 +0000 UTC");
  EXPECT_EQ(to_text(time.truncate(24h)), "2024-05-06 00:00:00 +0000 UTC");
  EXPECT_EQ(to_text(time.truncate(168h)), "2024-05-06 00:00:00 +0000 UTC") << "weeks start on Monday";
  EXPECT_TRUE(time.truncate(0s).compare(time) == 0);
  EXPECT_TRUE(time.truncate(-1h).compare(time) == 0);
  const TimePoint local = time.in(Zone::fixed("X", 5 * 3600));
  EXPECT_EQ(to_text(local.truncate(24h)), "2024-05-06 05:00:00 +0500 X");
  EXPECT_EQ(to_text(utc(-1, 1, 1, 5).truncate(24h)), "-0001-01-01 00:00:00 +0000 UTC");
}

TEST(TimePoint, RoundGoesUpFromTheMiddle) {
  EXPECT_EQ(to_text(utc(2024, 1, 1, 12, 29, 59).round(1h)), "2024-01-01 12:00:00 +0000 UTC");
  EXPECT_EQ(to_text(utc(2024, 1, 1, 12, 30, 0).round(1h)), "2024-01-01 13:00:00 +0000 UTC");
  EXPECT_EQ(to_text(utc(2024, 1, 1, 12, 0, 0, 1).round(3ns)),
            to_text(utc(2024, 1, 1, 12, 0, 0, 0).round(3ns)));
  const TimePoint time = utc(2024, 1, 1, 12, 34, 56);
  EXPECT_TRUE(time.round(0s).compare(time) == 0);
}

TEST(TimePoint, MonotonicReadingsMeasureDespiteClockSteps) {
  const TimePoint start = TimePoint::reading(1'000'000'000, 50, Zone::utc());
  const TimePoint stepped_back = TimePoint::reading(500'000'000, 80, Zone::utc());
  EXPECT_EQ(stepped_back.since(start), 30ns);
  EXPECT_TRUE(stepped_back.compare(start) > 0);
  EXPECT_EQ(start.add(5ns).since(start), 5ns);
  EXPECT_EQ(stepped_back.add(1s).since(start), 1s + 30ns);
  // Changing the zone or rounding is about what the clock shows.
  EXPECT_EQ(stepped_back.in(Zone::local()).since(start), -500ms);
  EXPECT_EQ(stepped_back.round(Duration::zero()).since(start), -500ms);
  // Against a time that was not read from the clock only the wall counts.
  EXPECT_EQ(start.since(TimePoint()), 1s);
}

}  // namespace
}  // namespace trivium
