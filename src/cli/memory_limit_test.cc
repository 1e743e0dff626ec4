#include "cli/memory_limit.h"

#include <gtest/gtest.h>

namespace trivium::cli {
namespace {

TEST(MemoryLimit, ReadsSuffixes) {
  EXPECT_EQ(parse_size("512"), 512u);
  EXPECT_EQ(parse_size("512B"), 512u);
  EXPECT_EQ(parse_size("2K"), 2048u);
  EXPECT_EQ(parse_size("2MB"), 2u << 20);
  EXPECT_EQ(parse_size("1GiB"), 1u << 30);
  EXPECT_EQ(parse_size("1T"), uint64_t{1} << 40);
}

TEST(MemoryLimit, RefusesEverythingElse) {
  for (const char* text : {"", "G", "-1", "1.5G", "1X", "1GG", "1iB", "99999999999T", " 1"}) {
    EXPECT_FALSE(parse_size(text)) << text;
  }
}

TEST(MemoryLimit, FlagThenEnvironmentThenNone) {
  EXPECT_EQ(memory_limit("1M", "2M"), 1u << 20);
  EXPECT_EQ(memory_limit("nonsense", "2M"), 2u << 20);
  EXPECT_EQ(memory_limit("", "nonsense"), 0u);
}

}  // namespace
}  // namespace trivium::cli
