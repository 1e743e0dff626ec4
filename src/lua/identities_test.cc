#include "lua/identities.h"

#include <gtest/gtest.h>

#include <array>

#include "lua/state.h"

namespace trivium::lua {
namespace {

TEST(Identities, AreGivenInTheOrderOfTheQuestions) {
  Identities known;
  const std::array<int, 3> objects{};
  EXPECT_EQ(known.of(&objects[2]), 1U);
  EXPECT_EQ(known.of(&objects[0]), 2U);
  EXPECT_EQ(known.of(&objects[2]), 1U);
}

TEST(Identities, WhatComesToTheSamePlaceIsAnother) {
  Identities known;
  const std::array<std::byte, 64> block{};
  EXPECT_EQ(known.of(&block), 1U);
  known.forget(&block, sizeof block);
  EXPECT_EQ(known.of(&block), 2U);
  // A coroutine is found behind the beginning of its block.
  EXPECT_EQ(known.of(&block[LUA_EXTRASPACE]), 3U);
  known.forget(&block, sizeof block);
  EXPECT_EQ(known.of(&block[LUA_EXTRASPACE]), 4U);
}

TEST(Identities, WhatBeginsBehindAFreedBlockIsKept) {
  Identities known;
  const std::array<std::byte, 64> blocks{};
  EXPECT_EQ(known.of(&blocks[LUA_EXTRASPACE]), 1U);
  known.forget(&blocks, LUA_EXTRASPACE);
  EXPECT_EQ(known.of(&blocks[LUA_EXTRASPACE]), 1U);
}

}  // namespace
}  // namespace trivium::lua
