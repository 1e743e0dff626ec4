#include "core/json.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace trivium::json {
namespace {

constexpr int64_t int_max = std::numeric_limits<int64_t>::max();
constexpr int64_t int_min = std::numeric_limits<int64_t>::min();
constexpr double largest = std::numeric_limits<double>::max();

Value decoded(std::string_view text) {
  auto value = decode(text);
  EXPECT_TRUE(value) << text << ": " << value.error().message;
  return value ? *value : Value("failed");
}

std::string problem(std::string_view text) {
  const auto value = decode(text);
  EXPECT_FALSE(value) << text;
  if (value) return "decoded";
  EXPECT_EQ(value.error().kind, kind::internal);
  EXPECT_EQ(value.error().retryable, false);
  return value.error().message;
}

TEST(JsonDecode, Scalars) {
  EXPECT_TRUE(decoded("null").is_nil());
  EXPECT_EQ(decoded("true"), Value(true));
  EXPECT_EQ(decoded(" false "), Value(false));
  EXPECT_EQ(decoded(R"("a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00")"),
            Value("a\"\\/\b\f\n\r\t\xC3\xA9\xF0\x9F\x98\x80"));
  EXPECT_EQ(decoded(R"("a\u0000b")"), Value(std::string("a\0b", 3)));
}

TEST(JsonDecode, NumbersKeepTheirSubtype) {
  for (const auto& [text, number] : {std::pair{"0", int64_t{0}},
                                     {"-0", int64_t{0}},
                                     {"42", int64_t{42}},
                                     {"9223372036854775807", int_max},
                                     {"-9223372036854775808", int_min}}) {
    EXPECT_TRUE(decoded(text).is_int()) << text;
    EXPECT_EQ(decoded(text).as_int(), number);
  }
  for (const auto& [text, number] : {std::pair{"1.0", 1.0},
                                     {"1e2", 100.0},
                                     {"-2.5E-1", -0.25},
                                     {"0.1", 0.1},
                                     {"1E+2", 100.0},
                                     {"5e-324", 5e-324},
                                     {"1.7976931348623157e308", largest}}) {
    EXPECT_TRUE(decoded(text).is_double()) << text;
    EXPECT_EQ(decoded(text).as_double(), number) << text;
  }
}

TEST(JsonDecode, IntegersSaturate) {
  EXPECT_EQ(decoded("9223372036854775808").as_int(), int_max);
  EXPECT_EQ(decoded("-9223372036854775809").as_int(), int_min);
  EXPECT_EQ(decoded("18446744073709551616").as_int(), int_max);
  EXPECT_EQ(decoded(std::string(400, '9')).as_int(), int_max);
  EXPECT_EQ(decoded("-" + std::string(400, '9')).as_int(), int_min);
}

TEST(JsonDecode, FloatsAreClamped) {
  EXPECT_EQ(decoded("1e400").as_double(), largest);
  EXPECT_EQ(decoded("-1e309").as_double(), -largest);
  EXPECT_EQ(decoded("1e99999999999999999999").as_double(), largest);
  EXPECT_EQ(decoded(std::string(400, '9') + ".5").as_double(), largest);
  EXPECT_EQ(decoded("1e-400").as_double(), 0.0);
  EXPECT_EQ(decoded("1e-99999999999999999999").as_double(), 0.0);
  EXPECT_EQ(decoded("0." + std::string(500, '0') + "1").as_double(), 0.0);
  EXPECT_EQ(decoded("0e400").as_double(), 0.0);
  EXPECT_EQ(decoded("0." + std::string(310, '0') + "1e320").as_double(), 1e9);
}

TEST(JsonDecode, ALargeNumberLeavesTheRestOfTheTextAlone) {
  const Value value = decoded(R"({"a\"1e400":[12,"345",-1e400,null,-7,1.5],"b":{"c":1e5}})");
  EXPECT_EQ(*encode(value), R"({"a\"1e400":[12,"345",-)" + std::string("17976931348623157") +
                                std::string(292, '0') + R"(,null,-7,1.5],"b":{"c":100000}})");
  EXPECT_EQ(problem("[1e400,\n 12 13]"),
            "json: missing a comma or ']' after an array element at line 2, column 5");
}

TEST(JsonDecode, ContainersKeepOrderAndNulls) {
  EXPECT_EQ(*encode(decoded(R"( { "z" : 1 , "a" : [ null , {} , [] ] , "m" : null } )")),
            R"({"z":1,"a":[null,{},[]],"m":null})");
}

TEST(JsonDecode, IgnoresWhatFollowsTheFirstValue) {
  EXPECT_EQ(decoded("1 x"), Value(1));
  EXPECT_EQ(decoded("01"), Value(0));
  EXPECT_EQ(decoded("[1]]"), Value(Array{1}));
  EXPECT_EQ(decoded("\"a\"\"b"), Value("a"));
  EXPECT_EQ(decoded("nullx"), Value());
}

TEST(JsonDecode, MalformedTextSaysWhere) {
  EXPECT_EQ(problem("[1, 2"), "json: missing a comma or ']' after an array element at line 1, column 6");
  EXPECT_EQ(problem("{\n  \"a\": x}"), "json: invalid value at line 2, column 8");
  for (const char* text :
       {"",           " ",   "x",     "tru",      "[1,]",      "{\"a\"}", "{\"a\":}", "{a:1}",
        "{\"a\":1,}", "'a'", "\"abc", "\"\\x\"",  "\"\\u12\"", "-",       "1.",       "1e",
        "+1",         ".5",  "NaN",   "\"a\nb\"", "[1 2]",     "}"}) {
    EXPECT_TRUE(problem(text).find(" at line ") != std::string::npos) << text;
  }
}

TEST(JsonDecode, NulBytesAreNotJson) {
  EXPECT_FALSE(decode(std::string_view("[1,\0 2]", 7)));
  EXPECT_FALSE(decode(std::string_view("\"a\0b\"", 5)));
}

TEST(JsonDecode, DuplicateKeysFail) {
  EXPECT_EQ(problem(R"({"a":1,"a":2})"), "json: duplicate key in object at line 1, column 11");
  problem(R"({"a":null,"a":2})");
  problem(R"({"x":{"a":1,"b":2,"a":3}})");
  EXPECT_TRUE(decode(R"([{"a":1},{"a":2}])"));
  EXPECT_TRUE(decode(R"({"a":{"a":{"a":1}}})"));
  std::string many = "{";
  for (int i = 0; i < 100; ++i) many += "\"k" + std::to_string(i) + "\":" + std::to_string(i) + ",";
  EXPECT_EQ(decoded(many + "\"last\":1}").as_object().size(), 101u);
  problem(many + "\"k3\":1}");
  problem(many + "\"k99\":1}");
}

TEST(JsonDecode, InvalidTextInStringsFails) {
  for (const char* text : {"\"\xFF\"", "\"\xC3\"", "\"\xC0\x80\"", "\"\xED\xA0\x80\"", "{\"\xFF\":1}"})
    problem(text);
  EXPECT_EQ(problem(R"("\ud800")").substr(0, 6), "json: ");
  problem(R"("\ud800x")");
  EXPECT_EQ(problem(R"("\udc00")"), "json: lone surrogate in string at line 1, column 9");
  problem(R"({"\udfff":1})");
  EXPECT_EQ(decoded("\"\xED\x9F\xBF\""), Value("\xED\x9F\xBF"))
      << "the last code point before the surrogates";
}

TEST(JsonDecode, DepthIsLimited) {
  EXPECT_TRUE(decode(std::string(128, '[') + std::string(128, ']')));
  EXPECT_EQ(problem(std::string(129, '[') + std::string(129, ']')), "json: maximum nesting depth exceeded");
  EXPECT_EQ(problem(std::string(1000000, '[')), "json: maximum nesting depth exceeded");
}

std::string text_of(std::string_view text) {
  std::string out;
  append_string(out, text);
  return out;
}

TEST(JsonEncode, Strings) {
  EXPECT_EQ(text_of("plain / \x7F"), "\"plain / \x7F\"");
  EXPECT_EQ(text_of("\"\\\b\f\n\r\t"), R"("\"\\\b\f\n\r\t")");
  EXPECT_EQ(text_of(std::string_view("\0\x01\x1F", 3)), R"("\u0000\u0001\u001f")");
  EXPECT_EQ(text_of("<a&b>"), R"("\u003ca\u0026b\u003e")");
  EXPECT_EQ(text_of("\xE2\x80\xA8\xE2\x80\xA9\xE2\x80\xAA"), "\"\\u2028\\u2029\xE2\x80\xAA\"");
  EXPECT_EQ(text_of("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"), "\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\"");
}

TEST(JsonEncode, InvalidUtf8IsReplacedByteByByte) {
  constexpr auto replaced = "\"x\xEF\xBF\xBDy\"";
  EXPECT_EQ(text_of("x\xFFy"), replaced);
  EXPECT_EQ(text_of("x\xC3y"), replaced);
  EXPECT_EQ(text_of("\x80"), "\"\xEF\xBF\xBD\"");
  EXPECT_EQ(text_of("\xE2\x82"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");
  EXPECT_EQ(text_of("\xC0\x80"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");
  EXPECT_EQ(text_of("\xED\xA0\x80"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
  EXPECT_EQ(text_of("\xF4\x90\x80\x80"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

TEST(JsonEncode, Floats) {
  const auto top = [](double value) { return *encode(value); };
  const auto nested = [](double value) {
    return encode(Array{value})->substr(1, encode(Array{value})->size() - 2);
  };
  struct Case {
    double value;
    std::string top, nested;
  };
  const Case cases[] = {
      {5.0, "5", "5"},
      {-0.0, "0", "0"},
      {0.1, "0.1", "0.1"},
      {-1234.5, "-1234.5", "-1234.5"},
      {1e20, "100000000000000000000", "100000000000000000000"},
      {1e21, "1e+21", "1000000000000000000000"},
      {-1.5e22, "-1.5e+22", "-15000000000000000000000"},
      {1e-6, "0.000001", "0.000001"},
      {1e-7, "1e-7", "0.0000001"},
      {1.25e-9, "1.25e-9", "0.00000000125"},
      {9223372036854775808.0, "9223372036854776000", "9223372036854776000"},
      {-9223372036854775808.0, "-9223372036854775808", "-9223372036854775808"},
      {std::nan(""), "null", "null"},
      {HUGE_VAL, "null", "null"},
      {-HUGE_VAL, "null", "null"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(top(c.value), c.top);
    EXPECT_EQ(nested(c.value), c.nested);
  }
}

TEST(JsonEncode, FloatsReadBackTheSame) {
  for (const double value : {0.1, 1.0 / 3, 1e300, 5e-324, largest, 123456.789, -2.2250738585072014e-308}) {
    EXPECT_EQ(decoded(*encode(value)).number(), value);
    // Without an exponent the largest read back as integers, at their limit.
    if (std::abs(value) < 9e18) {
      EXPECT_EQ(decoded(*encode(Array{value})).as_array()[0].number(), value);
    }
  }
}

TEST(JsonEncode, Containers) {
  EXPECT_EQ(*encode(Object{{"b", 1}, {"a", Array{true, Value(), "x"}}, {"<", Object()}}),
            R"({"b":1,"a":[true,null,"x"],"\u003c":{}})");
  EXPECT_EQ(*encode(Array()), "[]");
  EXPECT_EQ(*encode(int_min), "-9223372036854775808");
}

TEST(JsonEncode, DepthIsLimited) {
  Value value = 1;
  for (int i = 0; i < 128; ++i) value = Array{value};
  EXPECT_TRUE(encode(value));
  const auto failed = encode(Array{value});
  ASSERT_FALSE(failed);
  EXPECT_NE(failed.error().message.find("exceeded maximum nesting depth for JSON encoding"),
            std::string::npos);
}

}  // namespace
}  // namespace trivium::json
