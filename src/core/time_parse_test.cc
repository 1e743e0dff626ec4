#include <gtest/gtest.h>

#include "core/time_layout.h"

namespace trivium {
namespace {

// The result in the notation of to_text, or the message of the failure.
std::string parsed(std::string_view layout, std::string_view text, const Zone& zone = Zone::utc()) {
  const auto time = parse_time(layout, text, zone);
  if (!time) {
    EXPECT_EQ(time.error().kind, kind::invalid);
  }
  return time ? to_text(*time) : time.error().message;
}

struct Case {
  const char* layout;
  const char* text;
  const char* result;
};

class Parses : public testing::TestWithParam<Case> {};

TEST_P(Parses, AsExpected) {
  const auto& [layout, text, result] = GetParam();
  EXPECT_EQ(parsed(layout, text), result) << layout << " | " << text;
}

INSTANTIATE_TEST_SUITE_P(
    NamedLayouts, Parses,
    testing::Values(
        Case{layout::rfc3339.data(), "2024-02-29T12:34:56Z", "2024-02-29 12:34:56 +0000 UTC"},
        Case{layout::rfc3339.data(), "2024-02-29T12:34:56.789Z", "2024-02-29 12:34:56.789 +0000 UTC"},
        Case{layout::rfc3339.data(), "2024-02-29T12:34:56+02:00", "2024-02-29 12:34:56 +0200 +0200"},
        Case{layout::rfc3339_nano.data(), "2024-02-29T12:34:56Z", "2024-02-29 12:34:56 +0000 UTC"},
        Case{layout::rfc3339_nano.data(), "2024-02-29T12:34:56.123456789-07:00",
             "2024-02-29 12:34:56.123456789 -0700 -0700"},
        Case{layout::rfc822.data(), "02 Jan 06 15:04 UTC", "2006-01-02 15:04:00 +0000 UTC"},
        Case{layout::rfc822z.data(), "02 Jan 06 15:04 +0100", "2006-01-02 15:04:00 +0100 +0100"},
        Case{layout::rfc850.data(), "Monday, 02-Jan-06 15:04:05 CET", "2006-01-02 15:04:05 +0000 CET"},
        Case{layout::rfc1123.data(), "Mon, 02 Jan 2006 15:04:05 GMT", "2006-01-02 15:04:05 +0000 GMT"},
        Case{layout::rfc1123z.data(), "Mon, 02 Jan 2006 15:04:05 -0330", "2006-01-02 15:04:05 -0330 -0330"},
        Case{layout::kitchen.data(), "3:04PM", "0000-01-01 15:04:00 +0000 UTC"},
        Case{layout::stamp.data(), "Feb  4 21:00:57", "0000-02-04 21:00:57 +0000 UTC"},
        Case{layout::stamp_milli.data(), "Feb 14 21:00:57.012", "0000-02-14 21:00:57.012 +0000 UTC"},
        Case{layout::date_time.data(), "2024-05-06 07:08:09", "2024-05-06 07:08:09 +0000 UTC"},
        Case{layout::date_only.data(), "2024-05-06", "2024-05-06 00:00:00 +0000 UTC"},
        Case{layout::time_only.data(), "07:08:09", "0000-01-01 07:08:09 +0000 UTC"}));

INSTANTIATE_TEST_SUITE_P(
    Elements, Parses,
    testing::Values(Case{"January 2 2006", "mAy 7 2024", "2024-05-07 00:00:00 +0000 UTC"},
                    Case{"Monday Jan 2 2006", "SUNDAY oct 17 2024", "2024-10-17 00:00:00 +0000 UTC"},
                    Case{"06", "68", "2068-01-01 00:00:00 +0000 UTC"},
                    Case{"06", "69", "1969-01-01 00:00:00 +0000 UTC"},
                    Case{"06", "99", "1999-01-01 00:00:00 +0000 UTC"},
                    Case{"06", "00", "2000-01-01 00:00:00 +0000 UTC"},
                    Case{"1/2/2006", "12/31/2024", "2024-12-31 00:00:00 +0000 UTC"},
                    Case{"1/2/2006", "1/2/2024", "2024-01-02 00:00:00 +0000 UTC"},
                    Case{"_2 2006", " 5 2024", "2024-01-05 00:00:00 +0000 UTC"},
                    Case{"_2 2006", "5 2024", "2024-01-05 00:00:00 +0000 UTC"},
                    Case{"_2 2006", "15 2024", "2024-01-15 00:00:00 +0000 UTC"},
                    Case{"2006 002", "2024 060", "2024-02-29 00:00:00 +0000 UTC"},
                    Case{"2006 002", "2023 060", "2023-03-01 00:00:00 +0000 UTC"},
                    Case{"2006 002", "2024 366", "2024-12-31 00:00:00 +0000 UTC"},
                    Case{"2006 __2", "2024   9", "2024-01-09 00:00:00 +0000 UTC"},
                    Case{"2006-01-02 002", "2024-02-29 060", "2024-02-29 00:00:00 +0000 UTC"},
                    Case{"15", "7", "0000-01-01 07:00:00 +0000 UTC"},
                    Case{"3PM", "12AM", "0000-01-01 00:00:00 +0000 UTC"},
                    Case{"3PM", "12PM", "0000-01-01 12:00:00 +0000 UTC"},
                    Case{"3pm", "1am", "0000-01-01 01:00:00 +0000 UTC"},
                    Case{"03pm", "11pm", "0000-01-01 23:00:00 +0000 UTC"},
                    Case{"3:4:5", "1:2:3", "0000-01-01 01:02:03 +0000 UTC"},
                    Case{"2006 MST", "2024 ChST", "2024-01-01 00:00:00 +0000 ChST"},
                    Case{"2006 MST", "2024 MeST", "2024-01-01 00:00:00 +0000 MeST"},
                    Case{"2006 MST", "2024 WITA", "2024-01-01 00:00:00 +0000 WITA"},
                    Case{"2006 MST", "2024 AEST", "2024-01-01 00:00:00 +0000 AEST"},
                    Case{"2006 MST", "2024 CHADT", "2024-01-01 00:00:00 +0000 CHADT"},
                    Case{"2006 MST", "2024 GMT+3", "2024-01-01 00:00:00 +0300 GMT+3"},
                    Case{"2006 MST", "2024 GMT-11", "2024-01-01 00:00:00 -1100 GMT-11"},
                    Case{"2006 MST", "2024 +03", "2024-01-01 00:00:00 +0000 +03"},
                    Case{"2006 -07", "2024 +05", "2024-01-01 00:00:00 +0500 +0500"},
                    Case{"2006 -070000", "2024 +053010", "2024-01-01 00:00:00 +0530 +0530"},
                    Case{"2006 Z07:00:00", "2024 -01:02:03", "2024-01-01 00:00:00 -0102 -0102"},
                    Case{"2006 Z0700", "2024 Z", "2024-01-01 00:00:00 +0000 UTC"},
                    Case{"2006 Z07", "2024 Z", "2024-01-01 00:00:00 +0000 UTC"},
                    Case{"2006 -0700", "2024 +2460", "2024-01-01 00:00:00 +2500 +2500"}));

INSTANTIATE_TEST_SUITE_P(
    Fractions, Parses,
    testing::Values(Case{"15:04:05", "01:02:03.5", "0000-01-01 01:02:03.5 +0000 UTC"},
                    Case{"15:04:05", "01:02:03,25", "0000-01-01 01:02:03.25 +0000 UTC"},
                    Case{"15:04:05", "01:02:03.1234567899", "0000-01-01 01:02:03.123456789 +0000 UTC"},
                    Case{"15:04:05.000", "01:02:03.004", "0000-01-01 01:02:03.004 +0000 UTC"},
                    Case{"15:04:05,000", "01:02:03.004", "0000-01-01 01:02:03.004 +0000 UTC"},
                    Case{"15:04:05.999", "01:02:03", "0000-01-01 01:02:03 +0000 UTC"},
                    Case{"15:04:05.9", "01:02:03.123456", "0000-01-01 01:02:03.123456 +0000 UTC"},
                    Case{"15:04:05.000", "01:02:03.04",
                         R"(parsing time "01:02:03.04" as "15:04:05.000": cannot parse ".04" as ".000")"},
                    Case{"15:04:05.000", "01:02:03.0456", R"(parsing time "01:02:03.0456": extra text: "6")"},
                    Case{"15:04:05.000", "01:02:03",
                         R"(parsing time "01:02:03" as "15:04:05.000": cannot parse "" as ".000")"}));

INSTANTIATE_TEST_SUITE_P(
    Spaces, Parses,
    testing::Values(Case{"2006  01", "2024    05", "2024-05-01 00:00:00 +0000 UTC"},
                    Case{"2006 ", "2024", "2024-01-01 00:00:00 +0000 UTC"},
                    Case{"2006 x", "2024x", R"(parsing time "2024x" as "2006 x": cannot parse "x" as " x")"},
                    Case{" 2006", "   2024", "2024-01-01 00:00:00 +0000 UTC"},
                    Case{"2006", "2024 ", R"(parsing time "2024 ": extra text: " ")"}));

INSTANTIATE_TEST_SUITE_P(
    Mismatches, Parses,
    testing::Values(
        Case{"2006-01-02", "nonsense",
             R"(parsing time "nonsense" as "2006-01-02": cannot parse "nonsense" as "2006")"},
        Case{"2006-01-02", "2024/05/06",
             R"(parsing time "2024/05/06" as "2006-01-02": cannot parse "/05/06" as "-")"},
        Case{"2006-01-02", "2024-5-06",
             R"(parsing time "2024-5-06" as "2006-01-02": cannot parse "5-06" as "01")"},
        Case{"2006-01-02", "", R"(parsing time "" as "2006-01-02": cannot parse "" as "2006")"},
        Case{"2006-01-02", "2024-05", R"(parsing time "2024-05" as "2006-01-02": cannot parse "" as "-")"},
        Case{"2006", "20245", R"(parsing time "20245": extra text: "5")"},
        Case{"Jan", "Foo", R"(parsing time "Foo" as "Jan": cannot parse "Foo" as "Jan")"},
        Case{"Mon", "Foo", R"(parsing time "Foo" as "Mon": cannot parse "Foo" as "Mon")"},
        Case{"PM", "XX", R"(parsing time "XX" as "PM": cannot parse "XX" as "PM")"},
        Case{"pm", "PM", R"(parsing time "PM" as "pm": cannot parse "PM" as "pm")"},
        Case{"002", "12", R"(parsing time "12" as "002": cannot parse "12" as "002")"},
        Case{"MST", "AB", R"(parsing time "AB" as "MST": cannot parse "AB" as "MST")"},
        Case{"MST", "ABCDEF", R"(parsing time "ABCDEF" as "MST": cannot parse "ABCDEF" as "MST")"},
        Case{"MST", "ABCD", R"(parsing time "ABCD" as "MST": cannot parse "ABCD" as "MST")"},
        Case{"MST", "+99", R"(parsing time "+99" as "MST": cannot parse "+99" as "MST")"},
        Case{"-0700", "Z", R"(parsing time "Z" as "-0700": cannot parse "Z" as "-0700")"},
        Case{"-0700", "0100", R"(parsing time "0100" as "-0700": cannot parse "0100" as "-0700")"},
        Case{"-07:00", "+0100", R"(parsing time "+0100" as "-07:00": cannot parse "+0100" as "-07:00")"},
        Case{"x\"2006", "\\\x01\xC3",
             R"(parsing time "\\\x01\xc3" as "x\"2006": cannot parse "\\\x01\xc3" as "x\"")"}));

INSTANTIATE_TEST_SUITE_P(
    Ranges, Parses,
    testing::Values(Case{"2006-01-02", "2024-13-01", R"(parsing time "2024-13-01": month out of range)"},
                    Case{"2006-01-02", "2024-00-01", R"(parsing time "2024-00-01": month out of range)"},
                    Case{"2006-01-02", "2023-02-29", R"(parsing time "2023-02-29": day out of range)"},
                    Case{"2006-01-02", "2024-04-31", R"(parsing time "2024-04-31": day out of range)"},
                    Case{"2006-01-02", "2024-04-00", R"(parsing time "2024-04-00": day out of range)"},
                    Case{"15:04:05", "24:00:00", R"(parsing time "24:00:00": hour out of range)"},
                    Case{"3PM", "13PM", R"(parsing time "13PM": hour out of range)"},
                    Case{"3PM", "0AM", R"(parsing time "0AM": hour out of range)"},
                    Case{"15:04:05", "23:60:00", R"(parsing time "23:60:00": minute out of range)"},
                    Case{"15:04:05", "23:59:60", R"(parsing time "23:59:60": second out of range)"},
                    Case{"2006 002", "2023 366", R"(parsing time "2023 366": day-of-year out of range)"},
                    Case{"2006 002", "2023 000", R"(parsing time "2023 000": day-of-year out of range)"},
                    Case{"2006-01-02 002", "2024-02-29 061",
                         R"(parsing time "2024-02-29 061": day-of-year does not match month)"},
                    Case{"2006-01-02 002", "2024-02-28 060",
                         R"(parsing time "2024-02-28 060": day-of-year does not match day)"},
                    Case{"-0700", "+2500", R"(parsing time "+2500": time zone offset hour out of range)"},
                    Case{"-0700", "+0061", R"(parsing time "+0061": time zone offset minute out of range)"}));

TEST(TimeParse, TextWithoutZoneIsReadInTheGivenOne) {
  const Zone berlin = *Zone::load("Europe/Berlin");
  EXPECT_EQ(parsed("2006-01-02 15:04", "2024-07-01 12:00", berlin), "2024-07-01 12:00:00 +0200 CEST");
  EXPECT_EQ(parsed("2006-01-02 15:04", "2024-01-01 12:00", berlin), "2024-01-01 12:00:00 +0100 CET");
}

TEST(TimeParse, AnOffsetThatTheZoneHasThenGivesTheZone) {
  const Zone berlin = *Zone::load("Europe/Berlin");
  EXPECT_EQ(parsed(layout::rfc3339, "2024-07-01T12:00:00+02:00", berlin), "2024-07-01 12:00:00 +0200 CEST");
  EXPECT_EQ(parse_time(layout::rfc3339, "2024-07-01T12:00:00+02:00", berlin)->zone().name(), "Europe/Berlin");
  EXPECT_EQ(parsed(layout::rfc3339, "2024-07-01T12:00:00+01:00", berlin), "2024-07-01 12:00:00 +0100 +0100");
  EXPECT_EQ(parse_time(layout::rfc3339, "2024-07-01T12:00:00+01:00", berlin)->zone().name(), "");
  EXPECT_EQ(parsed("2006 -0700 MST", "2024 +0100 CET", berlin), "2024-01-01 00:00:00 +0100 CET");
  EXPECT_EQ(parse_time("2006 -0700 MST", "2024 +0100 XYZ", berlin)->zone().name(), "XYZ");
}

TEST(TimeParse, ZIsUtcWhateverTheZone) {
  const Zone berlin = *Zone::load("Europe/Berlin");
  EXPECT_EQ(parse_time(layout::rfc3339, "2024-07-01T12:00:00Z", berlin)->zone().name(), "UTC");
  EXPECT_EQ(parse_time("2006 MST", "2024 UTC", berlin)->zone().name(), "UTC");
}

TEST(TimeParse, AnAbbreviationOfTheZoneGivesTheZone) {
  const Zone new_york = *Zone::load("America/New_York");
  EXPECT_EQ(parsed(layout::rfc1123, "Mon, 01 Jul 2024 12:00:00 EDT", new_york),
            "2024-07-01 12:00:00 -0400 EDT");
  EXPECT_EQ(parsed(layout::rfc1123, "Mon, 01 Jan 2024 12:00:00 EST", new_york),
            "2024-01-01 12:00:00 -0500 EST");
  EXPECT_EQ(parse_time(layout::rfc1123, "Mon, 01 Jan 2024 12:00:00 EST", new_york)->zone().name(),
            "America/New_York");
  EXPECT_EQ(parsed(layout::rfc1123, "Mon, 01 Jan 2024 12:00:00 CET", new_york),
            "2024-01-01 12:00:00 +0000 CET");
}

TEST(TimeParse, WhatIsFormattedParsesBack) {
  const TimePoint time =
      TimePoint::from_date({2024, 11, 30, 23, 59, 58, 123456789}, *Zone::load("Asia/Kolkata"));
  for (const auto name : {layout::rfc3339_nano, std::string_view("2006-01-02 15:04:05.999999999 -0700 MST"),
                          std::string_view("Monday January _2 03:04:05.000000000 pm 2006 Z07:00:00")}) {
    const auto back = parse_time(name, format_time(time, name), time.zone());
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_TRUE(back->compare(time) == 0);
  }
}

}  // namespace
}  // namespace trivium
