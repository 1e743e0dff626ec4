#include "modules/contract_query.h"

#include <gtest/gtest.h>

#include "core/json.h"

namespace trivium::lua {
namespace {

std::string scope(std::string_view query) {
  Result<BindingId> parsed = parse_binding_id("app:b?" + std::string(query));
  if (!parsed) return parsed.error().kind + ": " + parsed.error().message;
  EXPECT_EQ(parsed->id, "app:b");
  return *json::encode(Value(parsed->scope));
}

TEST(ContractQuery, ValuesAreWhatTheyLookLike) {
  EXPECT_EQ(scope("a=true&b=false&c=12&d=-3&e=1.5&f=text"),
            R"({"a":true,"b":false,"c":12,"d":-3,"e":1.5,"f":"text"})");
  EXPECT_EQ(scope("a=True&b=1x&c=inf&d=nan&e=0x10&f=-&g=1.2.3"),
            R"({"a":"True","b":"1x","c":"inf","d":"nan","e":"0x10","f":"-","g":"1.2.3"})");
}

TEST(ContractQuery, FirstOfSeveralAndNothing) {
  EXPECT_EQ(scope("a=1&a=2&b=&c"), R"({"a":1,"b":"","c":""})");
  EXPECT_EQ(scope(""), "{}");
  EXPECT_EQ(scope("&&a=1&"), R"({"a":1})");
}

TEST(ContractQuery, Escapes) {
  EXPECT_EQ(scope("a%20b=c%3Dd+e&u=%C3%A9"), "{\"a b\":\"c=d e\",\"u\":\"\xC3\xA9\"}");
  EXPECT_EQ(scope("a=%zz"), "Invalid: invalid query: \"%zz\" is no escape");
  EXPECT_EQ(scope("a=%4"), "Invalid: invalid query: \"%4\" is no escape");
}

TEST(ContractQuery, WithoutQuery) {
  EXPECT_EQ(parse_binding_id("app:b")->id, "app:b");
  EXPECT_TRUE(parse_binding_id("app:b")->scope.empty());
}

}  // namespace
}  // namespace trivium::lua
