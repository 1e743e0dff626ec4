#include "core/random_text.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

namespace trivium {
namespace {

// The numbers of a list, 32 bits each, over and over.
class Scripted final : public Random {
 public:
  explicit Scripted(std::vector<uint32_t> numbers) : numbers_(std::move(numbers)) {}

  uint64_t next() override { return 0; }
  void secure_bytes(void* out, size_t count) override {
    for (size_t at = 0; at < count; at += sizeof(uint32_t)) {
      std::memcpy(static_cast<char*>(out) + at, &numbers_[next_++ % numbers_.size()], sizeof(uint32_t));
    }
  }

 private:
  const std::vector<uint32_t> numbers_;
  size_t next_ = 0;
};

TEST(RandomText, TakesEachCharacterByANumber) {
  Scripted random({0, 1, 2, 3, 4, 5});
  EXPECT_EQ(random_text(random, 8, "abc"), "abcabcab");
}

TEST(RandomText, PassesOverNumbersThatWouldFavourSome) {
  Scripted random({0xffffffff, 1, 0xfffffffe, 2});  // 2^32 - 1 is the first that is beyond 3 * 1431655765
  EXPECT_EQ(random_text(random, 4, "abc"), "bccb");
}

TEST(RandomText, AnyNumberOfCharacters) {
  Scripted random({7, 299, 300});
  const std::string many(300, 'x');
  EXPECT_EQ(random_text(random, 1000, many), std::string(1000, 'x'));
  EXPECT_EQ(random_text(random, 3, "y"), "yyy");
  const std::string all = std::string(299, 'x') + "z";
  Scripted last({299});
  EXPECT_EQ(random_text(last, 2, all), "zz");
  EXPECT_EQ(random_text(system_random(), 1000, "ab").find_first_not_of("ab"), std::string::npos);
}

}  // namespace
}  // namespace trivium
