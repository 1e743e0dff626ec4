#include "lua/state_image.h"

#include <gtest/gtest.h>

#include <string>

#include "lua/sandbox/chunk.h"
#include "lua/sandbox/sandbox.h"

namespace trivium::lua {
namespace {

constexpr size_t room = 1 << 16;

int answer(lua_State* L) {
  lua_pushinteger(L, 42);
  return 1;
}

bool build_small(lua_State* L) {
  lua_newtable(L);
  lua_pushliteral(L, "hello");
  lua_setfield(L, -2, "greeting");
  lua_pushcfunction(L, answer);
  lua_setfield(L, -2, "answer");
  lua_setglobal(L, "own");
  lua_pushliteral(L, "on the stack");
  return true;
}

TEST(StateImage, MakesStatesThatLiveOnTheirOwn) {
  const auto image = StateImage::take(7, room, build_small);
  ASSERT_NE(image, nullptr);
  Memory memory(0, 7);
  Memory other_memory(0, 7);
  lua_State* L = image->instantiate(memory);
  lua_State* other = image->instantiate(other_memory);
  ASSERT_NE(L, nullptr);
  EXPECT_STREQ(lua_tostring(L, -1), "on the stack");
  lua_getglobal(L, "own");
  lua_getfield(L, -1, "greeting");
  EXPECT_STREQ(lua_tostring(L, -1), "hello");
  lua_getfield(L, -2, "answer");
  lua_call(L, 0, 1);
  EXPECT_EQ(lua_tointeger(L, -1), 42);

  lua_pushliteral(L, "changed");
  lua_setfield(L, 2, "greeting");
  lua_getglobal(other, "own");
  lua_getfield(other, -1, "greeting");
  EXPECT_STREQ(lua_tostring(other, -1), "hello");
  lua_close(L);
  lua_close(other);
  EXPECT_EQ(memory.used(), 0u);
  EXPECT_EQ(other_memory.used(), 0u);
}

TEST(StateImage, OutlivesGarbageCollectionsAndGrowth) {
  const auto image = StateImage::take(7, room, build_small);
  ASSERT_NE(image, nullptr);
  Memory memory(0, 7);
  lua_State* L = image->instantiate(memory);
  for (int i = 0; i < 2000; ++i) {
    lua_pushfstring(L, "string %d", i);
    lua_getglobal(L, "own");
    lua_pushvalue(L, -2);
    lua_rawseti(L, -2, i % 100);
    lua_settop(L, 1);
  }
  luaL_checkstack(L, 1000, nullptr);
  lua_gc(L, LUA_GCCOLLECT);
  lua_getglobal(L, "own");
  EXPECT_EQ(lua_rawlen(L, -1), 99u);
  lua_getfield(L, -1, "greeting");
  EXPECT_STREQ(lua_tostring(L, -1), "hello");
  lua_close(L);
  EXPECT_EQ(memory.used(), 0u);
}

TEST(StateImage, MakesRoomForWhatOthersTook) {
  const auto image = StateImage::take(7, room, build_small);
  ASSERT_NE(image, nullptr);
  const auto growth_in = [&](Memory& memory) {
    lua_State* L = image->instantiate(memory);
    const size_t held = memory.held();
    lua_createtable(L, 100, 0);
    for (int i = 0; i < 40; ++i) {
      lua_newtable(L);
      lua_rawseti(L, -2, i + 1);
    }
    const size_t more = memory.held() - held;
    image->note_growth(memory.grown());
    lua_close(L);
    return more;
  };
  Memory first(0, 7);
  Memory second(0, 7);
#ifndef __SANITIZE_ADDRESS__  // there every block is one of the C library's
  EXPECT_GT(growth_in(first), 0u);
#endif
  EXPECT_EQ(growth_in(second), 0u);
}

TEST(StateImage, CountsTowardsTheLimit) {
  const auto image = StateImage::take(7, room, build_small);
  ASSERT_NE(image, nullptr);
  Memory memory(1 << 20, 7);
  lua_State* L = image->instantiate(memory);
  EXPECT_GT(memory.used(), 1000u);
  EXPECT_LE(memory.used(), image->size());
  lua_close(L);
}

TEST(StateImage, RefusesKeysThatAreHashedByTheirAddress) {
  const auto image = StateImage::take(7, room, [](lua_State* L) {
    lua_newtable(L);
    lua_newtable(L);
    lua_pushboolean(L, 1);
    lua_rawset(L, -3);
    lua_setglobal(L, "by_table");
    return true;
  });
  EXPECT_EQ(image, nullptr);
}

TEST(StateImage, RefusesPointersThatLeadElsewhere) {
  std::vector<std::unique_ptr<int>> elsewhere;
  const auto image = StateImage::take(7, room, [&](lua_State* L) {
    elsewhere.push_back(std::make_unique<int>(1));
    lua_pushlightuserdata(L, elsewhere.back().get());
    return true;
  });
  EXPECT_EQ(image, nullptr);
}

TEST(StateImage, RefusesWhatDoesNotFitAndWhatFails) {
  EXPECT_EQ(StateImage::take(7, 1024, build_small), nullptr);
  EXPECT_EQ(StateImage::take(7, room, [](lua_State*) { return false; }), nullptr);
}

}  // namespace
}  // namespace trivium::lua
