#include "lua/sandbox/sandbox_fixture.h"

namespace trivium::lua {
namespace {

TEST_F(SandboxTest, OsClocks) {
  EXPECT_EQ(eval("os.time(), math.type(os.time()), os.clock(), os.difftime(5, 3), os.platform"),
            "1714979289|float|1.25|2|wippy");
}

TEST_F(SandboxTest, OsDate) {
  EXPECT_EQ(eval("os.date('!%c'), os.date('!%x %X'), os.date('!%Y-%m-%d %H:%M:%S')"),
            "Mon May  6 07:08:09 2024|05/06/24 07:08:09|2024-05-06 07:08:09");
  EXPECT_EQ(eval("os.date('!%a %A %b %B %I %p %j %w %y %z %Z %U %W %%')"),
            "Mon Monday May May 07 AM 127 1 24 +0000 UTC 19 19 %");
  EXPECT_EQ(eval("os.date('!%Q %E %', 0), os.date('!%I%p', 0), os.date('!%c', -1.5), os.date('!', 0)"),
            "%Q %E %|12AM|Wed Dec 31 23:59:58 1969|");
  EXPECT_EQ(run("local d = os.date('!*t', 86399) return d.year, d.month, d.day, d.hour, d.min, d.sec, "
                "d.wday, d.yday, d.isdst"),
            "1970|1|1|23|59|59|5|1|false");
  EXPECT_EQ(eval("#os.date() > 20, type(os.date('*t').year)"), "true|number");
  EXPECT_EQ(run("os.date('%c', 1e300)"), "error: app:test:1: date result cannot be represented");
  EXPECT_EQ(run("os.date('%c', 0/0)"), "error: app:test:1: date result cannot be represented");
}

TEST_F(SandboxTest, OsTimeOfTables) {
  EXPECT_EQ(eval("os.date('%Y-%m-%d %H:%M:%S', os.time({year = 2020, month = 2, day = 29}))"),
            "2020-02-29 00:00:00");
  EXPECT_EQ(eval("os.date('%Y-%m-%d %H:%M:%S', os.time({year = 2020, month = 14, day = 0, hour = 25, min = "
                 "'5', sec = 1.9}))"),
            "2021-02-01 01:05:01");
  EXPECT_EQ(eval("os.date('%Y-%m-%d', os.time({hour = 1})) == os.date('%Y-%m-%d')"), "true");
  EXPECT_EQ(eval("os.date('%H', os.time({year = 2020}))"), "00");
  EXPECT_EQ(eval("os.time({year = 1970, month = 1, day = 1, sec = -1}) - os.time({year = 1970, month = 1, "
                 "day = 1})"),
            "-1");
  EXPECT_EQ(run("os.time({year = 1e300})"), "error: app:test:1: field 'year' is out-of-bound");
  EXPECT_EQ(run("os.time(5)"), "error: app:test:1: bad argument #1 to 'time' (table expected, got number)");
}

}  // namespace
}  // namespace trivium::lua
