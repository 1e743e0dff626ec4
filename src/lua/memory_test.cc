#include "lua/memory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "lua/state.h"

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

TEST(Memory, KeepsWhatABlockHoldsWhileItChangesItsSize) {
  Memory memory(0, 0);
  auto* block = static_cast<unsigned char*>(grow(memory, nullptr, 0, 1));
  block[0] = 0;
  size_t size = 1;
  for (const size_t next : {15, 16, 17, 255, 256, 257, 5000, 40000, 300, 256, 40, 8}) {
    block = static_cast<unsigned char*>(grow(memory, block, size, next));
    for (size_t i = 0; i < std::min(size, next); ++i) ASSERT_EQ(block[i], i % 251) << next;
    for (size_t i = size; i < next; ++i) block[i] = static_cast<unsigned char>(i % 251);
    size = next;
    EXPECT_EQ(memory.used(), size);
  }
  grow(memory, block, size, 0);
}

TEST(Memory, UsesSmallBlocksAgain) {
  Memory memory(0, 0);
  for (int round = 0; round < 100; ++round) {
    std::vector<void*> blocks;
    for (size_t size = 1; size <= 300; ++size) blocks.push_back(grow(memory, nullptr, 0, size));
    for (size_t size = 1; size <= 300; ++size) grow(memory, blocks[size - 1], size, 0);
  }
  EXPECT_EQ(memory.used(), 0u);
  EXPECT_LE(memory.held(), 100000u);
}

TEST(Memory, TellsWhenMostOfItLiesIdle) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "every block is the C library's";
#endif
  Memory memory(0, 0);
  std::vector<void*> blocks;
  for (int i = 0; i < 30000; ++i) blocks.push_back(grow(memory, nullptr, 0, 64));
  EXPECT_FALSE(memory.wasteful());
  for (void* block : blocks) grow(memory, block, 64, 0);
  EXPECT_TRUE(memory.wasteful());
}

TEST(Memory, AlignsEveryBlockForLua) {
  Memory memory(0, 0);
  for (size_t size = 1; size <= 600; size += 7) {
    void* block = grow(memory, nullptr, 0, size);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(block) % alignof(lua_Number), 0u) << size;
  }
}

#ifndef __SANITIZE_ADDRESS__  // there every block is one of the C library's
TEST(Memory, AFreeBlockServesSmallerOnes) {
  Memory memory(0, 0);
  auto* large = static_cast<std::byte*>(grow(memory, nullptr, 0, 160));
  grow(memory, large, 160, 0);
  const size_t grown = memory.grown();
  void* const first = grow(memory, nullptr, 0, 100);
  void* const second = grow(memory, nullptr, 0, 50);
  EXPECT_EQ(first, large);
  EXPECT_EQ(second, large + 104);
  EXPECT_EQ(memory.grown(), grown);
}
#endif

TEST(Memory, GivesEverythingBackAtOnce) {
  // What is left is the leak checker's to find.
  Memory memory(0, 0);
  for (size_t size = 1; size <= 2000; size += 13) grow(memory, nullptr, 0, size);
  void* large = grow(memory, nullptr, 0, 1000);
  grow(memory, nullptr, 0, 1000);
  grow(memory, large, 1000, 0);
}

}  // namespace
}  // namespace trivium::lua
