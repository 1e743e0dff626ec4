#include "cli/exit_report.h"

#include <gtest/gtest.h>

#include <cmath>

namespace trivium::cli {
namespace {

ExitReport returned(Value value) { return exit_report({std::move(value), std::nullopt}); }
ExitReport status(int code) { return {code, "", ""}; }

TEST(ExitReport, NothingTablesAndEmptyStringsAreSuccess) {
  EXPECT_EQ(returned(nullptr), status(0));
  EXPECT_EQ(returned(Object{{"code", 3}}), status(0));
  EXPECT_EQ(returned(Array{}), status(0));
  EXPECT_EQ(returned(""), status(0));
}

TEST(ExitReport, TextGoesToStdout) {
  EXPECT_EQ(returned("done"), (ExitReport{0, "done\n", ""}));
  EXPECT_EQ(returned("7"), (ExitReport{0, "7\n", ""}));
}

TEST(ExitReport, Booleans) {
  EXPECT_EQ(returned(true), status(0));
  EXPECT_EQ(returned(false), status(1));
}

TEST(ExitReport, NumbersAreTruncatedToTheirLowBits) {
  EXPECT_EQ(returned(3), status(3));
  EXPECT_EQ(returned(-1), status(255));
  EXPECT_EQ(returned(256), status(0));
  EXPECT_EQ(returned(2.9), status(2));
  EXPECT_EQ(returned(-2.9), status(254));
  EXPECT_EQ(returned(-0.5), status(0));
}

TEST(ExitReport, NumbersThatAreNoStatusAre1) {
  EXPECT_EQ(returned(int64_t{1} << 31), status(1));
  EXPECT_EQ(returned((int64_t{1} << 31) - 1), status(255));
  EXPECT_EQ(returned(-(int64_t{1} << 31)), status(0));
  EXPECT_EQ(returned(1e300), status(1));
  EXPECT_EQ(returned(std::nan("")), status(1));
  EXPECT_EQ(returned(-INFINITY), status(1));
}

TEST(ExitReport, FailuresGoToStderrWhateverTheValue) {
  EXPECT_EQ(exit_report({true, "bad input"}), (ExitReport{1, "", "bad input\n"}));
  EXPECT_EQ(exit_report({0, ""}), (ExitReport{1, "", "\n"}));
}

TEST(ExitReport, ADoubledPrefixIsSaidOnce) {
  EXPECT_EQ(without_doubled_prefix("job: job: broke"), "job: broke");
  EXPECT_EQ(without_doubled_prefix("a: b: a: b: broke"), "a: b: broke");
  EXPECT_EQ(without_doubled_prefix("job: jobs: broke"), "job: jobs: broke");
  EXPECT_EQ(without_doubled_prefix("broke"), "broke");
  EXPECT_EQ(without_doubled_prefix("a: a: a: x"), "a: a: x");
}

}  // namespace
}  // namespace trivium::cli
