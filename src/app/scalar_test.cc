#include "app/scalar.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace trivium::app {
namespace {

TEST(Scalar, Integers) {
  EXPECT_EQ(resolve_scalar("42"), Value(42));
  EXPECT_EQ(resolve_scalar("-7"), Value(-7));
  EXPECT_EQ(resolve_scalar("+7"), Value(7));
  EXPECT_EQ(resolve_scalar("0"), Value(0));
  EXPECT_EQ(resolve_scalar("0600"), Value(384));
  EXPECT_EQ(resolve_scalar("0o600"), Value(384));
  EXPECT_EQ(resolve_scalar("0x1F"), Value(31));
  EXPECT_EQ(resolve_scalar("-0b101"), Value(-5));
  EXPECT_EQ(resolve_scalar("1_000_000"), Value(1000000));
  EXPECT_EQ(resolve_scalar("089"), Value(89));
  EXPECT_EQ(resolve_scalar("9223372036854775807"), Value(std::numeric_limits<int64_t>::max()));
  EXPECT_EQ(resolve_scalar("-9223372036854775808"), Value(std::numeric_limits<int64_t>::min()));
  EXPECT_TRUE(resolve_scalar("9223372036854775808").is_double());
}

TEST(Scalar, IntegralFloatsAreIntegers) {
  EXPECT_TRUE(resolve_scalar("256.0").is_int());
  EXPECT_EQ(resolve_scalar("256.0"), Value(256));
  EXPECT_TRUE(resolve_scalar("1e3").is_int());
  EXPECT_EQ(resolve_scalar("1e3"), Value(1000));
  EXPECT_EQ(resolve_scalar("1.5"), Value(1.5));
  EXPECT_EQ(resolve_scalar("-.5"), Value(-0.5));
  EXPECT_TRUE(resolve_scalar("1e300").is_double());
  EXPECT_TRUE(std::isinf(resolve_scalar("-.inf").as_double()));
  EXPECT_TRUE(std::isnan(resolve_scalar(".nan").as_double()));
}

TEST(Scalar, BooleansAndNull) {
  for (const char* text : {"true", "True", "TRUE"}) EXPECT_EQ(resolve_scalar(text), Value(true)) << text;
  for (const char* text : {"false", "False", "FALSE"}) EXPECT_EQ(resolve_scalar(text), Value(false)) << text;
  for (const char* text : {"", "~", "null", "Null", "NULL"})
    EXPECT_TRUE(resolve_scalar(text).is_nil()) << text;
}

TEST(Scalar, Strings) {
  for (const char* text :
       {"yes",     "no",           "on",         "off",    "y",        "tRue",
        "10s",     "1h30m",        "-",          "+",      ".",        "..",
        "0x",      "1_",           "_1",         "1.2.3",  ":8080",    "app:worker",
        "0.0.0.0", "127.0.0.1:80", "inf",        "nan",    "1e",       "--1",
        "+-1",     "2024-13-01",   "2023-02-29", "2024-1", "12-34-56", "2024-01-15 nonsense",
        "- 5"}) {
    EXPECT_EQ(resolve_scalar(text), Value(text)) << text;
  }
}

TEST(Scalar, TimestampsBecomeRfc3339) {
  EXPECT_EQ(resolve_scalar("2024-01-15"), Value("2024-01-15T00:00:00Z"));
  EXPECT_EQ(resolve_scalar("2024-01-15T10:20:30Z"), Value("2024-01-15T10:20:30Z"));
  EXPECT_EQ(resolve_scalar("2024-01-15 10:20:30.500"), Value("2024-01-15T10:20:30.5Z"));
  EXPECT_EQ(resolve_scalar("2024-01-15t10:20:30+02:00"), Value("2024-01-15T10:20:30+02:00"));
  EXPECT_EQ(resolve_scalar("2024-02-29"), Value("2024-02-29T00:00:00Z"));
}

}  // namespace
}  // namespace trivium::app
