#include "units/workflows/cron.h"

#include <gtest/gtest.h>

#include <chrono>

#include "units/workflows/testing/world.h"

namespace trivium::units::workflows::testing {
namespace {

using namespace std::chrono;

int64_t at(int year, unsigned month, unsigned day, int hour = 0, int minute = 0, int second = 0) {
  const sys_days date = std::chrono::year(year) / static_cast<int>(month) / static_cast<int>(day);
  return duration_cast<nanoseconds>(date.time_since_epoch() + hours(hour) + minutes(minute) + seconds(second))
      .count();
}

TEST(Cron, FindsTheNextTime) {
  const int64_t now = at(2026, 3, 14, 10, 20, 30);  // a Saturday
  EXPECT_EQ(next_cron_ns("* * * * *", now), at(2026, 3, 14, 10, 21));
  EXPECT_EQ(next_cron_ns("20 10 * * *", now), at(2026, 3, 15, 10, 20));
  EXPECT_EQ(next_cron_ns("*/15 * * * *", now), at(2026, 3, 14, 10, 30));
  EXPECT_EQ(next_cron_ns("0 9-17/4 * * *", now), at(2026, 3, 14, 13, 0));
  EXPECT_EQ(next_cron_ns("0 0 1 * *", now), at(2026, 4, 1));
  EXPECT_EQ(next_cron_ns("30 8 * * mon-fri", now), at(2026, 3, 16, 8, 30));
  EXPECT_EQ(next_cron_ns("0 0 * * 7", now), at(2026, 3, 15));
  EXPECT_EQ(next_cron_ns("0 0 29 2 *", now), at(2028, 2, 29));
  EXPECT_EQ(next_cron_ns("0 0 1 JAN,JUL *", now), at(2026, 7, 1));
  // A day of the month or a day of the week, whichever comes first.
  EXPECT_EQ(next_cron_ns("0 0 20 * mon", now), at(2026, 3, 16));
}

TEST(Cron, KnowsShorthands) {
  const int64_t now = at(2026, 3, 14, 10, 20, 30);
  EXPECT_EQ(next_cron_ns("@hourly", now), at(2026, 3, 14, 11));
  EXPECT_EQ(next_cron_ns("@daily", now), at(2026, 3, 15));
  EXPECT_EQ(next_cron_ns("@weekly", now), at(2026, 3, 15));
  EXPECT_EQ(next_cron_ns("@yearly", now), at(2027, 1, 1));
  EXPECT_EQ(next_cron_ns("@every 90s", now), now + 90000000000);
}

TEST(Cron, RefusesWhatIsNone) {
  for (const char* text : {"", "* * * *", "60 * * * *", "* * * * * *", "a * * * *", "5-1 * * * *",
                           "*/0 * * * *", "0 0 31 2 *", "@every", "@every 1ms", "1,,2 * * * *"}) {
    const Result<int64_t> refused = next_cron_ns(text, 0);
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().kind, kind::invalid);
  }
}

TEST(Cron, RunsFollowTheSchedule) {
  World world;
  std::vector<int64_t> times;
  world.functions.add("app:note", [&](const Array& arguments) {
    times.push_back(arguments[0].as_int());
    return lua::Reply::of(1);
  });
  world.programs.add(
      "app:wf",
      "return function() call('app:note', os.time()) if os.time() % 7200 == 0 then error('odd') end end");
  ASSERT_TRUE(
      world.start("app:wf", {}, Object{{"workflow.id", "one"}, {"workflow.cron_schedule", "0 * * * *"}}));
  world.run_for(hours(2));
  world.restart();
  world.run_for(minutes(100));
  ASSERT_GE(times.size(), 3U);
  EXPECT_EQ(times[0] % 3600, 0);
  for (size_t i = 1; i < times.size(); ++i) EXPECT_EQ(times[i] - times[i - 1], 3600);
  EXPECT_FALSE(world.start("app:wf", {}, Object{{"workflow.cron_schedule", "never"}}));
}

}  // namespace
}  // namespace trivium::units::workflows::testing
