#include "lua/memory.h"

#include <gtest/gtest.h>

namespace trivium::lua {
namespace {

void* grow(Memory& memory, void* block, size_t from, size_t to) {
  return Memory::allocate(&memory, block, from, to);
}

TEST(Memory, CountsWhatIsUsed) {
  Memory memory(0, 0);
  void* block = grow(memory, nullptr, 5, 100);  // 5: a kind of object, no size
  EXPECT_EQ(memory.used(), 100u);
  block = grow(memory, block, 100, 40);
  EXPECT_EQ(memory.used(), 40u);
  grow(memory, block, 40, 0);
  EXPECT_EQ(memory.used(), 0u);
}

TEST(Memory, ARefusalIsForgivenWhenCollectingHelped) {
  Memory memory(100, 0);
  void* garbage = grow(memory, nullptr, 0, 80);
  EXPECT_EQ(grow(memory, nullptr, 0, 50), nullptr);
  grow(memory, garbage, 80, 0);
  void* block = grow(memory, nullptr, 0, 50);
  EXPECT_NE(block, nullptr);
  EXPECT_FALSE(memory.exceeded());
  grow(memory, block, 50, 0);
}

TEST(Memory, ASecondRefusalCounts) {
  Memory memory(100, 0);
  EXPECT_EQ(grow(memory, nullptr, 0, 150), nullptr);
  EXPECT_FALSE(memory.exceeded());
  EXPECT_EQ(grow(memory, nullptr, 0, 150), nullptr);
  EXPECT_TRUE(memory.exceeded());
  void* block = grow(memory, nullptr, 0, 150);
  EXPECT_NE(block, nullptr) << "ending takes some memory too";
  grow(memory, block, 150, 0);
}

TEST(Memory, GivingUpWithoutAskingAgainCounts) {
  Memory memory(100, 0);
  EXPECT_EQ(grow(memory, nullptr, 0, 150), nullptr);
  void* message = grow(memory, nullptr, 0, 20);
  EXPECT_NE(message, nullptr);
  EXPECT_TRUE(memory.exceeded());
  grow(memory, message, 20, 0);
}

}  // namespace
}  // namespace trivium::lua
