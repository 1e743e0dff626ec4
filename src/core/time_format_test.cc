#include <gtest/gtest.h>

#include "core/time_layout.h"

namespace trivium {
namespace {

TimePoint sample(Zone zone = Zone::fixed("MST", -7 * 3600)) {
  return TimePoint::from_date({2009, 2, 4, 21, 0, 57, 12345600}, std::move(zone));
}

struct Case {
  const char* layout;
  const char* text;
};

class Formats : public testing::TestWithParam<Case> {};

TEST_P(Formats, AsExpected) { EXPECT_EQ(format_time(sample(), GetParam().layout), GetParam().text); }

INSTANTIATE_TEST_SUITE_P(
    Elements, Formats,
    testing::Values(Case{"2006", "2009"}, Case{"06", "09"}, Case{"January", "February"}, Case{"Jan", "Feb"},
                    Case{"01", "02"}, Case{"1", "2"}, Case{"Monday", "Wednesday"}, Case{"Mon", "Wed"},
                    Case{"02", "04"}, Case{"_2", " 4"}, Case{"2", "4"}, Case{"002", "035"},
                    Case{"__2", " 35"}, Case{"15", "21"}, Case{"03", "09"}, Case{"3", "9"}, Case{"04", "00"},
                    Case{"4", "0"}, Case{"05", "57"}, Case{"5", "57"}, Case{"PM", "PM"}, Case{"pm", "pm"},
                    Case{"MST", "MST"}, Case{"-0700", "-0700"}, Case{"-07:00", "-07:00"}, Case{"-07", "-07"},
                    Case{"-070000", "-070000"}, Case{"-07:00:00", "-07:00:00"}, Case{"Z0700", "-0700"},
                    Case{"Z07:00", "-07:00"}, Case{"Z07", "-07"}, Case{"Z070000", "-070000"},
                    Case{"Z07:00:00", "-07:00:00"}));

INSTANTIATE_TEST_SUITE_P(Fractions, Formats,
                         testing::Values(Case{"5.0", "57.0"}, Case{"5.00", "57.01"}, Case{"5.000", "57.012"},
                                         Case{"5,000", "57,012"}, Case{"05.000000000", "57.012345600"},
                                         Case{"5.9", "57"}, Case{"5.99", "57.01"}, Case{"5.999", "57.012"},
                                         Case{"5.999999", "57.012345"}, Case{"5.999999999", "57.0123456"},
                                         Case{"5,999999999", "57,0123456"}, Case{"x.0001y", "x.0002y"}));

INSTANTIATE_TEST_SUITE_P(Literals, Formats,
                         testing::Values(Case{"", ""}, Case{"Month", "Month"}, Case{"Monde", "Monde"},
                                         Case{"Monk Mon", "Monk Wed"}, Case{"Janet", "Janet"},
                                         Case{"_2006", "_2009"}, Case{"_20060", "_20090"}, Case{"x-y", "x-y"},
                                         Case{"Zulu", "Zulu"}, Case{"P.M.", "P.M."}, Case{"0", "0"},
                                         Case{"07", "07"}, Case{"a.b", "a.b"},
                                         Case{"\xC3\xA9 2006", "\xC3\xA9 2009"}, Case{"20060102", "20090204"},
                                         Case{"20060102150405", "20090204210057"}));

INSTANTIATE_TEST_SUITE_P(
    Named, Formats,
    testing::Values(Case{layout::rfc3339.data(), "2009-02-04T21:00:57-07:00"},
                    Case{layout::rfc3339_nano.data(), "2009-02-04T21:00:57.0123456-07:00"},
                    Case{layout::rfc822.data(), "04 Feb 09 21:00 MST"},
                    Case{layout::rfc822z.data(), "04 Feb 09 21:00 -0700"},
                    Case{layout::rfc850.data(), "Wednesday, 04-Feb-09 21:00:57 MST"},
                    Case{layout::rfc1123.data(), "Wed, 04 Feb 2009 21:00:57 MST"},
                    Case{layout::rfc1123z.data(), "Wed, 04 Feb 2009 21:00:57 -0700"},
                    Case{layout::kitchen.data(), "9:00PM"}, Case{layout::stamp.data(), "Feb  4 21:00:57"},
                    Case{layout::stamp_milli.data(), "Feb  4 21:00:57.012"},
                    Case{layout::stamp_micro.data(), "Feb  4 21:00:57.012345"},
                    Case{layout::stamp_nano.data(), "Feb  4 21:00:57.012345600"},
                    Case{layout::date_time.data(), "2009-02-04 21:00:57"},
                    Case{layout::date_only.data(), "2009-02-04"},
                    Case{layout::time_only.data(), "21:00:57"}));

std::string at_offset(int seconds, const char* layout, const char* name = "") {
  return format_time(sample(Zone::fixed(name, seconds)), layout);
}

TEST(TimeFormat, ZeroOffsetIsZWhereTheLayoutSaysSo) {
  for (const char* layout : {"Z0700", "Z07:00", "Z07", "Z070000", "Z07:00:00"})
    EXPECT_EQ(at_offset(0, layout), "Z");
  EXPECT_EQ(at_offset(0, "-0700"), "+0000");
  EXPECT_EQ(at_offset(0, "-07:00"), "+00:00");
  EXPECT_EQ(at_offset(0, "-07"), "+00");
}

TEST(TimeFormat, OffsetsWithMinutesAndSeconds) {
  EXPECT_EQ(at_offset(19800, "-07:00"), "+05:30");
  EXPECT_EQ(at_offset(-12600, "Z0700"), "-0330");
  EXPECT_EQ(at_offset(3208, "-07:00:00"), "+00:53:28");
  EXPECT_EQ(at_offset(-3208, "-070000"), "-005328");
}

TEST(TimeFormat, UnnamedOffsetShowsInPlaceOfTheName) {
  EXPECT_EQ(at_offset(-8 * 3600, "MST"), "-0800");
  EXPECT_EQ(at_offset(19800, "MST"), "+0530");
  EXPECT_EQ(at_offset(0, "MST", "GMT"), "GMT");
}

TEST(TimeFormat, TwelveHourClock) {
  const auto at_hour = [](int hour) {
    return format_time(TimePoint::from_date({2024, 1, 1, hour}, Zone::utc()), "3 03 PM pm");
  };
  EXPECT_EQ(at_hour(0), "12 12 AM am");
  EXPECT_EQ(at_hour(1), "1 01 AM am");
  EXPECT_EQ(at_hour(11), "11 11 AM am");
  EXPECT_EQ(at_hour(12), "12 12 PM pm");
  EXPECT_EQ(at_hour(23), "11 11 PM pm");
}

TEST(TimeFormat, YearsHaveAtLeastFourDigits) {
  const auto year = [](int64_t number) {
    return format_time(TimePoint::from_date({number, 1, 1}, Zone::utc()), "2006 06");
  };
  EXPECT_EQ(year(7), "0007 07");
  EXPECT_EQ(year(12345), "12345 45");
  EXPECT_EQ(year(-5), "-0005 00");
}

TEST(TimeFormat, DayOfYearIsPadded) {
  const TimePoint time = TimePoint::from_date({2024, 1, 9}, Zone::utc());
  EXPECT_EQ(format_time(time, "002|__2|_2|2"), "009|  9| 9|9");
}

}  // namespace
}  // namespace trivium
