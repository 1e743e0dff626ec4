#include "core/zone.h"

#include <gtest/gtest.h>

namespace trivium {
namespace {

constexpr int64_t july_2024 = 1720000000;
constexpr int64_t january_2024 = 1704067200;

TEST(Zone, UtcIsTheDefault) {
  EXPECT_EQ(Zone().name(), "UTC");
  EXPECT_EQ(Zone().at(july_2024).seconds, 0);
  EXPECT_EQ(Zone().at(july_2024).abbreviation, "UTC");
}

TEST(Zone, LocalIsCalledLocal) { EXPECT_EQ(Zone::local().name(), "Local"); }

TEST(Zone, IanaZoneKnowsSummerTime) {
  const auto berlin = Zone::load("Europe/Berlin");
  ASSERT_TRUE(berlin);
  EXPECT_EQ(berlin->name(), "Europe/Berlin");
  EXPECT_EQ(berlin->at(july_2024).seconds, 7200);
  EXPECT_EQ(berlin->at(july_2024).abbreviation, "CEST");
  EXPECT_EQ(berlin->at(january_2024).seconds, 3600);
  EXPECT_EQ(berlin->at(january_2024).abbreviation, "CET");
}

TEST(Zone, RulesGoOnBeyondTheTable) {
  EXPECT_EQ(Zone::load("Europe/Berlin")->at(2540246400).abbreviation, "CEST");  // July 2050
}

TEST(Zone, ExtremeInstantsAreHarmless) {
  const Zone berlin = *Zone::load("Europe/Berlin");
  EXPECT_EQ(berlin.at(INT64_MIN).abbreviation, "LMT");
  EXPECT_FALSE(berlin.at(INT64_MAX).abbreviation.empty());
}

TEST(Zone, LoadsUtcAndLocalByName) {
  EXPECT_EQ(Zone::load("UTC")->name(), "UTC");
  EXPECT_EQ(Zone::load("Local")->name(), "Local");
}

TEST(Zone, RefusesNamesThatAreNoZone) {
  EXPECT_EQ(Zone::load("").error().message, "empty location name");
  EXPECT_EQ(Zone::load("").error().kind, kind::invalid);
  for (const char* name : {"Mars/Olympus", "../../etc/passwd", "/etc/localtime", "Europe",
                           "Fixed/UTC+01:00:00", "libc:UTC", "tzdata.zi"}) {
    const auto zone = Zone::load(name);
    ASSERT_FALSE(zone) << name;
    EXPECT_EQ(zone.error().kind, kind::not_found) << name;
    EXPECT_EQ(zone.error().message, std::string("unknown time zone ") + name);
  }
}

TEST(Zone, FixedZoneIsTheSameAllYear) {
  const Zone zone = Zone::fixed("XST", -3600);
  EXPECT_EQ(zone.name(), "XST");
  EXPECT_EQ(zone.at(july_2024).seconds, -3600);
  EXPECT_EQ(zone.at(january_2024).abbreviation, "XST");
  EXPECT_EQ(zone.to_unix(0), 3600);
}

TEST(Zone, WallTimeToInstant) {
  const Zone berlin = *Zone::load("Europe/Berlin");
  EXPECT_EQ(berlin.to_unix(january_2024), january_2024 - 3600);
  EXPECT_EQ(berlin.to_unix(july_2024), july_2024 - 7200);
  // 2024-03-31 02:30 does not exist: 01:30 or 03:30 is meant.
  const int64_t skipped = 1711852200;
  const int64_t instant = berlin.to_unix(skipped);
  EXPECT_TRUE(instant == skipped - 3600 || instant == skipped - 7200);
  // 2024-10-27 02:30 exists twice.
  const int64_t repeated = 1729996200;
  const int64_t either = berlin.to_unix(repeated);
  EXPECT_EQ(either + berlin.at(either).seconds, repeated);
}

TEST(Zone, FindsOffsetsByAbbreviation) {
  const Zone new_york = *Zone::load("America/New_York");
  EXPECT_EQ(new_york.offset_named("EST", january_2024), -18000);
  EXPECT_EQ(new_york.offset_named("EDT", july_2024), -14400);
  EXPECT_EQ(new_york.offset_named("EDT", january_2024), -14400) << "known, though not at that time";
  EXPECT_EQ(new_york.offset_named("CET", january_2024), std::nullopt);
  EXPECT_EQ(Zone::utc().offset_named("EST", january_2024), std::nullopt);
  EXPECT_EQ(Zone::fixed("XST", 60).offset_named("XST", 0), 60);
}

TEST(Zone, PrefersThePeriodInForce) {
  // Of the two readings of a repeated hour the abbreviation chooses one.
  const Zone new_york = *Zone::load("America/New_York");
  const int64_t repeated = 1730597400;  // 2024-11-03 01:30
  EXPECT_EQ(new_york.offset_named("EDT", repeated), -14400);
  EXPECT_EQ(new_york.offset_named("EST", repeated), -18000);
}

}  // namespace
}  // namespace trivium
