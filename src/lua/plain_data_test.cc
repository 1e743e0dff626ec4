#include "lua/plain_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "lua/memory.h"

namespace trivium::lua {
namespace {

// The binary tree of 2^40 leaves, as 41 tables.
class SharedTables : public testing::Test {
 protected:
  SharedTables() : state_(lua_newstate(Memory::allocate, &memory_), lua_close), L(state_.get()) {
    lua_createtable(L, 0, 0);
    for (int i = 0; i < 40; ++i) {
      lua_createtable(L, 0, 2);
      lua_pushvalue(L, 1);
      lua_setfield(L, 2, "left");
      lua_pushvalue(L, 1);
      lua_setfield(L, 2, "right");
      lua_replace(L, 1);
    }
  }

  Memory memory_{1 << 20, 5};
  std::unique_ptr<lua_State, void (*)(lua_State*)> state_;
  lua_State* L;
};

TEST_F(SharedTables, AreRefusedAsPlainDataWhenTheyBecomeTooLarge) {
  const Result<Value> plain = to_plain(L, 1);
  ASSERT_FALSE(plain);
  EXPECT_EQ(plain.error().kind, kind::invalid);
  EXPECT_THAT(plain.error().message, testing::HasSubstr("value is larger than"));
  const Result<Object> members = to_plain_object(L, 1);
  ASSERT_FALSE(members);
  EXPECT_EQ(lua_gettop(L), 1);
}

TEST_F(SharedTables, AreCutOffAsDetailsOfErrors) { EXPECT_TRUE(to_details(L, 1).is_object()); }

}  // namespace
}  // namespace trivium::lua
