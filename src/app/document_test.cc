#include "app/document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trivium::app {
namespace {

using testing::HasSubstr;

Value yaml(std::string_view text) {
  const Document document = parse_yaml(text);
  EXPECT_TRUE(document.flaws.empty()) << document.flaws[0].message;
  return document.root.to_value();
}

TEST(Yaml, QuotedScalarsAreStrings) {
  EXPECT_EQ(yaml("{a: 1, b: '1', c: \"true\", d: !!str 5, e: !!int '7'}"),
            Value(Object{{"a", 1}, {"b", "1"}, {"c", "true"}, {"d", "5"}, {"e", 7}}));
}

TEST(Yaml, AnchorsAndMergeKeys) {
  const Value value = yaml(
      "base: &base {a: 1, b: 2}\n"
      "more: &more {b: 3, c: 4}\n"
      "one:\n  <<: *base\n  b: 9\n"
      "two:\n  <<: [*base, *more]\n"
      "list: &l [1]\n"
      "same: *l\n");
  EXPECT_EQ(*value.find("one"), Value(Object{{"b", 9}, {"a", 1}}));
  EXPECT_EQ(*value.find("two"), Value(Object{{"a", 1}, {"b", 2}, {"c", 4}}));
  EXPECT_EQ(*value.find("same"), Value(Array{1}));
}

TEST(Yaml, QuotedMergeKeyIsOrdinary) { EXPECT_EQ(yaml("'<<': 1"), Value(Object{{"<<", 1}})); }

TEST(Yaml, MergeOfAScalarIsAFlaw) {
  const Document document = parse_yaml("<<: 5\na: 1\n");
  ASSERT_EQ(document.flaws.size(), 1u);
  EXPECT_THAT(document.flaws[0].message, HasSubstr("<< needs a map"));
}

TEST(Yaml, OnlyTheFirstDocumentCounts) { EXPECT_EQ(yaml("a: 1\n---\nb: 2\n"), Value(Object{{"a", 1}})); }

TEST(Yaml, EmptyIsNull) {
  EXPECT_TRUE(yaml("").is_nil());
  EXPECT_TRUE(yaml("# nothing\n").is_nil());
}

TEST(Yaml, Positions) {
  const Document document = parse_yaml("a:\n  - x\n  - b: 1\n");
  const Node& list = document.root.find("a")->value;
  EXPECT_EQ(document.root.find("a")->mark.line, 1);
  EXPECT_EQ(list.items[1].mark.line, 3);
  EXPECT_EQ(list.items[1].find("b")->mark.column, 5);
}

TEST(Yaml, SyntaxErrorsHavePlaceAndHint) {
  const Document document = parse_yaml("a: 1\nb: [1, 2\n");
  EXPECT_FALSE(document.readable);
  ASSERT_EQ(document.flaws.size(), 1u);
  EXPECT_GE(document.flaws[0].mark.line, 2);
  EXPECT_THAT(document.flaws[0].message, HasSubstr("YAML syntax"));
}

TEST(Yaml, AliasesCannotExplode) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) text += (j > 0 ? ", " : "") + last;
    text += "]\n";
  }
  const Document document = parse_yaml(text);
  EXPECT_FALSE(document.readable);
  EXPECT_THAT(document.flaws[0].message, HasSubstr("aliases expand"));
}

TEST(Yaml, DeepNestingIsRefused) { EXPECT_FALSE(parse_yaml(std::string(100000, '[')).readable); }

TEST(Json, ReadsValuesWithLines) {
  const Document document =
      parse_json("\xEF\xBB\xBF{\n  \"a\": [1, 2.0, 1.5, null, true],\n  \"b\": \"\\ud83d\\ude00\"\n}");
  ASSERT_TRUE(document.flaws.empty());
  EXPECT_EQ(document.root.to_value(),
            Value(Object{{"a", Array{1, 2, 1.5, nullptr, true}}, {"b", "\xF0\x9F\x98\x80"}}));
  EXPECT_TRUE(document.root.find("a")->value.items[1].scalar.is_int());
  EXPECT_EQ(document.root.find("b")->mark.line, 3);
}

TEST(Json, Mistakes) {
  const Document twice = parse_json("{\"a\": 1,\n \"a\": 2}");
  ASSERT_EQ(twice.flaws.size(), 1u);
  EXPECT_EQ(twice.flaws[0].mark.line, 2);
  EXPECT_THAT(twice.flaws[0].message, HasSubstr("duplicate key \"a\", first written on line 1"));

  const Document broken = parse_json("{\"a\": 1,\n \"b\" 2}");
  EXPECT_FALSE(broken.readable);
  EXPECT_EQ(broken.flaws[0].mark.line, 2);
  EXPECT_FALSE(parse_json(std::string(100000, '[')).readable);
}

}  // namespace
}  // namespace trivium::app
