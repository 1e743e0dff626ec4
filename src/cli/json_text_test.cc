#include "cli/json_text.h"

#include <gtest/gtest.h>

#include <cmath>

namespace trivium::cli {
namespace {

std::string json(const Value& value, JsonSpacing spacing = JsonSpacing::none) {
  std::string out;
  append_json(out, value, spacing);
  return out;
}

TEST(JsonText, WritesEveryType) {
  EXPECT_EQ(json(nullptr), "null");
  EXPECT_EQ(json(true), "true");
  EXPECT_EQ(json(256), "256");
  EXPECT_EQ(json(0.5), "0.5");
  EXPECT_EQ(json("a"), "\"a\"");
  EXPECT_EQ(json(Array{1, "b"}), "[1,\"b\"]");
  EXPECT_EQ(json(Object{{"a", 1}, {"b", Object{}}}), "{\"a\":1,\"b\":{}}");
}

TEST(JsonText, SpacesAfterCommaAndColon) {
  EXPECT_EQ(json(Object{{"a", 1}, {"b", Array{1, 2}}}, JsonSpacing::spaced), "{\"a\": 1, \"b\": [1, 2]}");
}

TEST(JsonText, EscapesControlCharacters) {
  EXPECT_EQ(json("a\"b\\c\nd\te\x01\x7f"), "\"a\\\"b\\\\c\\nd\\te\\u0001\\u007f\"");
  EXPECT_EQ(json(std::string("\0", 1)), "\"\\u0000\"");
}

TEST(JsonText, ReplacesWhatIsNoUtf8) {
  EXPECT_EQ(json("é€😀"), "\"é€😀\"");
  EXPECT_EQ(json("a\xff"), "\"a\\ufffd\"");
  EXPECT_EQ(json("\xed\xa0\x80"), "\"\\ufffd\\ufffd\\ufffd\"");
  EXPECT_EQ(json("\xe2\x82"), "\"\\ufffd\\ufffd\"");
}

TEST(JsonText, NumbersOutsideJsonAreStrings) {
  EXPECT_EQ(json(std::nan("")), "\"NaN\"");
  EXPECT_EQ(json(-INFINITY), "\"-Inf\"");
}

}  // namespace
}  // namespace trivium::cli
