#include "modules/time_module.h"

#include "core/time_layout.h"
#include "modules/script_test_state.h"
#include "modules/time_values.h"

namespace trivium::lua {
namespace {

class TimeModule : public ScriptTest {
 protected:
  TimeModule() {
    library("time", open_time);
    run("berlin = time.load_location('Europe/Berlin')"
        " t = time.date(2024, 2, 29, 13, 4, 5, 678000000, time.utc)");
  }
};

TEST_F(TimeModule, Constants) {
  EXPECT_EQ(eval("time.NANOSECOND, time.MICROSECOND, time.MILLISECOND, time.SECOND, time.MINUTE, time.HOUR"),
            "1 1000 1000000 1000000000 60000000000 3600000000000");
  EXPECT_EQ(eval("math.type(time.SECOND), math.type(time.MAY)"), "float float");
  EXPECT_EQ(eval("time.JANUARY, time.DECEMBER, time.SUNDAY, time.SATURDAY"), "1 12 0 6");
  EXPECT_EQ(eval("time.RFC3339, time.RFC3339NANO"),
            "2006-01-02T15:04:05Z07:00 2006-01-02T15:04:05.999999999Z07:00");
  EXPECT_EQ(eval("time.RFC822 .. '|' .. time.RFC822Z .. '|' .. time.RFC850"),
            "02 Jan 06 15:04 MST|02 Jan 06 15:04 -0700|Monday, 02-Jan-06 15:04:05 MST");
  EXPECT_EQ(eval("time.RFC1123 .. '|' .. time.RFC1123Z .. '|' .. time.KITCHEN"),
            "Mon, 02 Jan 2006 15:04:05 MST|Mon, 02 Jan 2006 15:04:05 -0700|3:04PM");
  EXPECT_EQ(
      eval("time.STAMP .. '|' .. time.STAMP_MILLI .. '|' .. time.STAMP_MICRO .. '|' .. time.STAMP_NANO"),
      "Jan _2 15:04:05|Jan _2 15:04:05.000|Jan _2 15:04:05.000000|Jan _2 15:04:05.000000000");
  EXPECT_EQ(eval("time.DATE_TIME, time.DATE_ONLY, time.TIME_ONLY"),
            "2006-01-02 15:04:05 2006-01-02 15:04:05");
  EXPECT_EQ(eval("time.utc, time.localtz"), "UTC Local");
}

TEST_F(TimeModule, Date) {
  EXPECT_EQ(eval("t"), "2024-02-29 13:04:05.678 +0000 UTC");
  EXPECT_EQ(eval("time.date(2024, 13, 0, 0, 0, 0, 0, time.utc)"), "2024-12-31 00:00:00 +0000 UTC");
  EXPECT_EQ(eval("time.date(2024, 7, 1, 12, 0, 0, 0, berlin)"), "2024-07-01 12:00:00 +0200 CEST");
  EXPECT_EQ(eval("time.date(2024.9, 7, 1, 12, 0, 0, 0):location()"), "Local");
  EXPECT_EQ(eval("time.date(2024.9, 7, 1, 12, 0, 0, 0):year()"), "2024");
  EXPECT_EQ(eval("time.date(2024, 7, 1, 12, 0, 0)"),
            "raised: bad argument #7 to 'date' (number expected, got no value)");
  EXPECT_EQ(eval("time.date(2024, 'x', 1, 12, 0, 0, 0)"),
            "raised: bad argument #2 to 'date' (number expected, got string)");
  EXPECT_EQ(eval("time.date(0/0, 1, 1, 12, 0, 0, 0)"),
            "raised: bad argument #1 to 'date' (number expected, got NaN)");
  EXPECT_EQ(eval("time.date(2024, 1, 1, 12, 0, 0, 0, 'UTC')"),
            "raised: bad argument #8 to 'date' (time.Location expected, got string)");
  EXPECT_EQ(eval("time.date(1/0, -1/0, 1e300, 1, 1, 1, 1, time.utc):year() > 9999"), "true");
}

TEST_F(TimeModule, Unix) {
  EXPECT_EQ(eval("time.unix(1700000000, 5e8):utc()"), "2023-11-14 22:13:20.5 +0000 UTC");
  EXPECT_EQ(eval("time.unix(0, -1):utc()"), "1969-12-31 23:59:59.999999999 +0000 UTC");
  EXPECT_EQ(eval("time.unix(1.9, 0):unix()"), "1");
  EXPECT_EQ(eval("time.unix(0, 0):location()"), "Local");
  EXPECT_EQ(eval("time.unix(0)"), "raised: bad argument #2 to 'unix' (number expected, got no value)");
}

TEST_F(TimeModule, Parse) {
  EXPECT_EQ(eval("time.parse(time.RFC3339, '2024-07-01T12:00:00Z')"), "2024-07-01 12:00:00 +0000 UTC");
  EXPECT_EQ(eval("time.parse(time.DATE_ONLY, '2024-07-01', berlin)"), "2024-07-01 00:00:00 +0200 CEST");
  EXPECT_EQ(eval("time.parse(time.DATE_ONLY, '2024-07-01'):location()"), "Local");
  EXPECT_EQ(eval("time.parse('2006', 2024, time.utc)"), "2024-01-01 00:00:00 +0000 UTC");
  EXPECT_EQ(eval("time.parse('2006', an_error('2025'), time.utc)"), "2025-01-01 00:00:00 +0000 UTC");
  EXPECT_EQ(eval("time.parse(time.DATE_ONLY, '2024-13-01')"),
            "nil <Invalid: parsing time \"2024-13-01\": month out of range>");
  EXPECT_EQ(eval("time.parse('x')"), "raised: bad argument #2 to 'parse' (string expected, got no value)");
  EXPECT_EQ(eval("time.parse({}, 'x')"), "raised: bad argument #1 to 'parse' (string expected, got table)");
  EXPECT_EQ(eval("time.parse('2006', '2024', 'UTC')"),
            "raised: bad argument #3 to 'parse' (time.Location expected, got string)");
}

TEST_F(TimeModule, DurationArguments) {
  EXPECT_EQ(eval("time.parse_duration('1h30m')"), "1h30m0s");
  EXPECT_EQ(eval("time.parse_duration('-.5s')"), "-500ms");
  EXPECT_EQ(eval("time.parse_duration('0')"), "0s");
  EXPECT_EQ(eval("time.parse_duration(1.9)"), "1ns");
  EXPECT_EQ(eval("time.parse_duration(-1.9)"), "-1ns");
  EXPECT_EQ(eval("time.parse_duration(5 * time.SECOND)"), "5s");
  EXPECT_EQ(eval("time.parse_duration(1500)"), "1.5\xC2\xB5s");
  EXPECT_EQ(eval("time.parse_duration(time.parse_duration('2s'))"), "2s");
  EXPECT_EQ(eval("time.parse_duration(1/0):hours() > 2e6"), "true");
  EXPECT_EQ(eval("time.parse_duration('5')"), "nil <Invalid: invalid duration \"5\">");
  EXPECT_EQ(eval("time.parse_duration('')"), "nil <Invalid: invalid duration \"\">");
  EXPECT_EQ(eval("time.parse_duration('5 days')"), "nil <Invalid: invalid duration \"5 days\">");
  EXPECT_EQ(eval("time.parse_duration(0/0)"), "nil <Invalid: invalid duration: not a number>");
  EXPECT_EQ(eval("time.parse_duration()"),
            "nil <Invalid: invalid duration: number, string or Duration expected, got no value>");
  EXPECT_EQ(eval("time.parse_duration({})"),
            "nil <Invalid: invalid duration: number, string or Duration expected, got table>");
}

TEST_F(TimeModule, Locations) {
  EXPECT_EQ(eval("berlin, berlin:string(), time.load_location('UTC'), time.load_location('Local')"),
            "Europe/Berlin Europe/Berlin UTC Local");
  EXPECT_EQ(eval("time.load_location('')"), "nil <Invalid: empty location name>");
  EXPECT_EQ(eval("time.load_location('Mars/Olympus')"), "nil <NotFound: unknown time zone Mars/Olympus>");
  EXPECT_EQ(eval("time.load_location()"),
            "raised: bad argument #1 to 'load_location' (string expected, got no value)");
  EXPECT_EQ(eval("time.fixed_zone('XST', 3600)"), "XST");
  EXPECT_EQ(eval("t:in_location(time.fixed_zone('XST', 5400))"), "2024-02-29 14:34:05.678 +0130 XST");
  EXPECT_EQ(eval("t:in_location(time.fixed_zone('', -1800))"), "2024-02-29 12:34:05.678 -0030 -0030");
  EXPECT_NE(eval("t:in_location(time.fixed_zone('far', 1e300))"), "");
}

TEST_F(TimeModule, Arithmetic) {
  EXPECT_EQ(eval("t:add('1h')"), "2024-02-29 14:04:05.678 +0000 UTC");
  EXPECT_EQ(eval("t:add(-678 * time.MILLISECOND)"), "2024-02-29 13:04:05 +0000 UTC");
  EXPECT_EQ(eval("t:add(time.parse_duration('1s'))"), "2024-02-29 13:04:06.678 +0000 UTC");
  EXPECT_EQ(eval("t:add('soon')"), "raised: bad argument #1 to 'add' (invalid duration \"soon\")");
  EXPECT_EQ(eval("t:add('90m'):sub(t)"), "1h30m0s");
  EXPECT_EQ(eval("t:sub(t:add(1))"), "-1ns");
  EXPECT_EQ(eval("t:sub(5)"), "raised: bad argument #1 to 'sub' (time.Time expected, got number)");
  EXPECT_EQ(eval("t:add_date(1, 0, 0)"), "2025-03-01 13:04:05.678 +0000 UTC");
  EXPECT_EQ(eval("t:add_date(0, -1, 1)"), "2024-01-30 13:04:05.678 +0000 UTC");
  EXPECT_EQ(eval("t:add_date(1, 0)"),
            "raised: bad argument #3 to 'add_date' (number expected, got no value)");
}

TEST_F(TimeModule, Comparison) {
  EXPECT_EQ(eval("t:after(t:add(-1)), t:after(t), t:before(t:add(1)), t:before(t)"), "true false true false");
  EXPECT_EQ(eval("t:equal(t:in_location(berlin)), t:equal(t:add(1)), t == t:utc(), t == t"),
            "true false false true");
  EXPECT_EQ(eval("t:equal(nil)"), "raised: bad argument #1 to 'equal' (time.Time expected, got nil)");
  EXPECT_EQ(eval("pcall(function() return t < t end)").substr(0, 5), "false");
}

TEST_F(TimeModule, Text) {
  EXPECT_EQ(eval("t:format('Mon Jan _2 2006 .000')"), "Thu Feb 29 2024 .678");
  EXPECT_EQ(eval("t:format_rfc3339()"), "2024-02-29T13:04:05Z");
  EXPECT_EQ(eval("t:in_location(berlin):format(time.RFC3339NANO)"), "2024-02-29T14:04:05.678+01:00");
  EXPECT_EQ(eval("t:format()"), "raised: bad argument #1 to 'format' (string expected, got no value)");
}

TEST_F(TimeModule, Parts) {
  EXPECT_EQ(eval("t:unix(), t:date()"), "1709211845 2024 2 29");
  EXPECT_EQ(eval("string.format('%.0f', t:unix_nano())"), "1709211845678000128") << "the nearest double";
  EXPECT_EQ(eval("t:clock()"), "13 4 5");
  EXPECT_EQ(eval("t:year(), t:month(), t:day(), t:hour(), t:minute(), t:second(), t:nanosecond()"),
            "2024 2 29 13 4 5 678000000");
  EXPECT_EQ(eval("t:weekday(), t:year_day(), t:is_zero()"), "4 60 false");
  EXPECT_EQ(
      eval("math.type(t:year()), math.type(t:unix()), math.type((t:date())), math.type(t:nanosecond())"),
      "float float float float");
  EXPECT_EQ(eval("time.date(1, 1, 1, 0, 0, 0, 0, time.utc):is_zero()"), "true");
}

TEST_F(TimeModule, Zones) {
  EXPECT_EQ(eval("t:in_location(berlin), t:in_location(berlin):location()"),
            "2024-02-29 14:04:05.678 +0100 CET Europe/Berlin");
  EXPECT_EQ(eval("t:in_location(berlin):utc():location(), t:in_local():location()"), "UTC Local");
  EXPECT_EQ(eval("t:in_location('UTC')"),
            "raised: bad argument #1 to 'in_location' (time.Location expected, got string)");
}

TEST_F(TimeModule, Rounding) {
  EXPECT_EQ(eval("t:truncate(time.parse_duration('1h'))"), "2024-02-29 13:00:00 +0000 UTC");
  EXPECT_EQ(eval("t:round(time.parse_duration('1s'))"), "2024-02-29 13:04:06 +0000 UTC");
  EXPECT_EQ(eval("t:in_location(berlin):truncate(time.parse_duration('24h'))"),
            "2024-02-29 01:00:00 +0100 CET");
  EXPECT_EQ(eval("t:round(time.parse_duration(0)):equal(t), t:truncate(time.parse_duration(-1)):equal(t)"),
            "true true");
  EXPECT_EQ(eval("t:round('1s')"), "raised: bad argument #1 to 'round' (time.Duration expected, got string)");
  EXPECT_EQ(eval("t:truncate(5)"),
            "raised: bad argument #1 to 'truncate' (time.Duration expected, got number)");
}

TEST_F(TimeModule, Durations) {
  run("d = time.parse_duration('1h30m2.0015009s')");
  EXPECT_EQ(eval("d:microseconds(), d:milliseconds(), d:nanoseconds() == 5402001500900"),
            "5402001500 5402001 true");
  EXPECT_EQ(eval("time.parse_duration('90m'):hours(), time.parse_duration('90s'):minutes()"), "1.5 1.5");
  EXPECT_EQ(eval("time.parse_duration('1500ms'):seconds(), time.parse_duration('-1500us'):milliseconds()"),
            "1.5 -1");
  EXPECT_EQ(eval("math.type(d:nanoseconds()), math.type(d:milliseconds())"), "float float");
  EXPECT_EQ(eval("time.parse_duration('2h'), time.parse_duration('500ms'), time.parse_duration('1.234us')"),
            "2h0m0s 500ms 1.234\xC2\xB5s");
}

TEST_F(TimeModule, ObjectsAreImmutableAndClosed) {
  EXPECT_EQ(eval("type(t), type(berlin), getmetatable(t)"), "userdata userdata false");
  EXPECT_EQ(eval("pcall(function() t.x = 1 end)").substr(0, 5), "false");
  EXPECT_EQ(eval("t.nothing"), "nil");
  EXPECT_EQ(eval("t.add(5, 1)"), "raised: bad argument #1 to 'add' (time.Time expected, got number)");
}

TEST_F(TimeModule, FromNative) {
  lua_settop(L(), 0);
  push_time(L(), TimePoint::from_unix(5, 0));
  push_duration(L(), Duration(7));
  push_location(L(), Zone::fixed("X", 1));
  EXPECT_EQ(test_time(L(), 1)->unix_seconds(), 5);
  EXPECT_EQ(test_duration(L(), 2)->count(), 7);
  EXPECT_EQ(test_location(L(), 3)->name(), "X");
  EXPECT_EQ(test_time(L(), 2), nullptr);
  EXPECT_EQ(test_duration(L(), 1), nullptr);
  EXPECT_EQ(test_location(L(), 9), nullptr);
  Error why;
  EXPECT_EQ(to_duration_argument(L(), 2, &why), Duration(7));
  EXPECT_EQ(to_duration_argument(L(), 1, &why), std::nullopt);
  EXPECT_EQ(why.kind, kind::invalid);
}

}  // namespace
}  // namespace trivium::lua
