#include "cli/yaml_text.h"

#include <gtest/gtest.h>

#include "app/document.h"

namespace trivium::cli {
namespace {

TEST(YamlText, NestsMapsAndLists) {
  const Value value =
      Object{{"a", 1},
             {"list", Array{"x", Object{{"k", "v"}, {"l", Array{1, 2}}}, Array{true, nullptr}}},
             {"map", Object{{"deep", Object{{"er", 0.5}}}}},
             {"none", Object{}},
             {"empty", Array{}}};
  EXPECT_EQ(yaml_text(value), R"(a: 1
list:
    - x
    - k: v
      l:
          - 1
          - 2
    - - true
      - null
map:
    deep:
        er: 0.5
none: {}
empty: []
)");
}

TEST(YamlText, QuotesWhatWouldReadAsSomethingElse) {
  const Value value =
      Object{{"a", "1"}, {"b", "true"}, {"c", ""}, {"d", "x: y"}, {"e", "- x"}, {"f", "#"}, {"g", "null"}};
  EXPECT_EQ(yaml_text(value),
            "a: \"1\"\nb: \"true\"\nc: \"\"\nd: \"x: y\"\ne: \"- x\"\nf: \"#\"\ng: \"null\"\n");
}

TEST(YamlText, WritesTextOfSeveralLinesAsABlock) {
  EXPECT_EQ(yaml_text(Object{{"source", "return {\n  1\n}\n"}}), "source: |\n    return {\n      1\n    }\n");
  EXPECT_EQ(yaml_text(Object{{"source", "a\n\nb"}}), "source: |-\n    a\n\n    b\n");
  EXPECT_EQ(yaml_text(Object{{"source", "a\n\n"}}), "source: |+\n    a\n\n");
}

TEST(YamlText, IndentsEveryLine) {
  EXPECT_EQ(yaml_text(Object{{"a", Object{{"b", 1}}}}, 2), "  a:\n      b: 1\n");
}

TEST(YamlText, ReadsBackAsTheSameValue) {
  const Value value =
      Object{{"text", Array{"a\nb", "a\nb\n", "a\n\n\n", "\nx", " x\ny", "tab\there", "tab\n\tline\n",
                            "é: \"q\"", "0x10", "1_000", "~", "trailing ", "key:", "2024-01-01", "'", "%"}},
             {"nested", Array{Array{Array{1}, Object{{"", "y"}}}, Object{{"a b", Array{"l1\nl2\n"}}}}},
             {"1", -7},
             {"d", 1.25}};
  const app::Document document = app::parse_yaml(yaml_text(value));
  ASSERT_TRUE(document.flaws.empty()) << document.flaws.front().message << "\n" << yaml_text(value);
  EXPECT_EQ(document.root.to_value(), value) << yaml_text(value);
}

}  // namespace
}  // namespace trivium::cli
