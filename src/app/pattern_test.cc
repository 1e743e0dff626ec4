#include "app/pattern.h"

#include <gtest/gtest.h>

namespace trivium::app {
namespace {

TEST(Pattern, Segments) {
  EXPECT_TRUE(matches_pattern("app", "app"));
  EXPECT_FALSE(matches_pattern("app*", "apple"));
  EXPECT_TRUE(matches_pattern("*", "x"));
  EXPECT_FALSE(matches_pattern("*", "job.heartbeat"));
  EXPECT_TRUE(matches_pattern("**", "job.heartbeat"));
  EXPECT_TRUE(matches_pattern("app.**", "app"));
  EXPECT_TRUE(matches_pattern("app.**", "app.a.b"));
  EXPECT_FALSE(matches_pattern("app.**", "apps"));
  EXPECT_TRUE(matches_pattern("**.test", "a.b.test"));
  EXPECT_TRUE(matches_pattern("app.(a|b).x", "app.b.x"));
  EXPECT_FALSE(matches_pattern("app.(a|b).x", "app.c.x"));
  EXPECT_TRUE(matches_pattern("a.*.c", "a.b.c"));
  EXPECT_FALSE(matches_pattern("a.*.c", "a.c"));
}

TEST(Pattern, Entries) {
  const auto pattern = EntryPattern::parse("app.**:*");
  ASSERT_TRUE(pattern);
  EXPECT_TRUE(pattern->matches({"app.jobs", "one"}));
  EXPECT_FALSE(pattern->matches({"app.jobs", "one.two"}));
  for (const char* text : {"app", ":x", "app:", ""}) {
    const auto wrong = EntryPattern::parse(text);
    ASSERT_FALSE(wrong) << text;
    EXPECT_EQ(wrong.error().kind, kind::invalid);
  }
}

}  // namespace
}  // namespace trivium::app
