#include "app/placeholder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trivium::app {
namespace {

std::optional<std::string> lookup(std::string_view name, std::string_view home) {
  if (name == "HOST") return "db.local";
  if (name == "PORT") return "5432";
  if (name == "EMPTY") return "";
  if (name == "key" && home == "app") return "relative";
  if (name == "app.env:key") return "by id";
  return std::nullopt;
}

Resolved resolved(std::string_view text) {
  const auto result = resolve_placeholders(text, "app", lookup);
  EXPECT_TRUE(result) << text;
  return result.value_or(Resolved());
}

TEST(Placeholder, Forms) {
  EXPECT_EQ(resolved("${env:HOST}").text, "db.local");
  EXPECT_EQ(resolved("${env:app.env:key}").text, "by id");
  EXPECT_EQ(resolved("${env:key}").text, "relative");
  EXPECT_EQ(resolved("${env:NONE|other}").text, "other");
  EXPECT_EQ(resolved("${env:NONE|}").text, "");
  EXPECT_EQ(resolved("${env:EMPTY|other}").text, "other");
  EXPECT_EQ(resolved("${HOST|x}").text, "db.local");
  EXPECT_EQ(resolved("http://${env:HOST}:${PORT|1}/").text, "http://db.local:5432/");
}

TEST(Placeholder, EverythingElseStays) {
  for (const char* text :
       {"${HOST}", "${HOST:-x}", "${lower|x}", "${", "${env:}", "$HOST", "${env:HOST", "}"}) {
    EXPECT_EQ(resolved(text).text, text);
    EXPECT_FALSE(resolved(text).whole);
  }
  EXPECT_EQ(resolved("$${env:HOST}").text, "${env:HOST}");
  EXPECT_EQ(resolved("$$${env:HOST}").text, "$${env:HOST}");
}

TEST(Placeholder, UnsetWithoutDefaultIsAnError) {
  const auto result = resolve_placeholders("${env:NONE}", "app", lookup);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, kind::invalid);
  EXPECT_FALSE(resolve_placeholders("${env:EMPTY}", "app", lookup));
}

TEST(Placeholder, TypedDefaultGivesTypedValue) {
  EXPECT_EQ(resolved("${env:PORT|8080}").typed, Value(5432));
  EXPECT_EQ(resolved("${env:PORT|x}").typed, Value("5432"));
  EXPECT_EQ(resolved("${env:PORT}").typed, Value("5432"));
  EXPECT_EQ(resolved("${DEBUG|true}").typed, Value(true));
  EXPECT_EQ(resolved("a${DEBUG|true}").typed, Value("atrue"));
}

TEST(Placeholder, Names) {
  EXPECT_THAT(placeholder_names("${env:A} $${env:B} ${C|x} ${d|x} ${E}"), testing::ElementsAre("A", "C"));
}

}  // namespace
}  // namespace trivium::app
