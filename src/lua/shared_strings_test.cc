#include "lua/shared_strings.h"

#include <gtest/gtest.h>

#include <string>

#include "lua/memory.h"
#include "lua/state.h"

// Lua's own header: the address of a string.
#include "lstring.h"

namespace trivium::lua {
namespace {

class SharedStringsTest : public ::testing::Test {
 protected:
  SharedStringsTest() : L_(lua_newstate(Memory::allocate, &memory_)) {}
  ~SharedStringsTest() override { lua_close(L_); }

  TString* string(const std::string& text) { return luaS_newlstr(L_, text.data(), text.size()); }

  Memory memory_{0, 7};
  lua_State* L_;
};

TEST_F(SharedStringsTest, FindsEachByItsWholeText) {
  lua_gc(L_, LUA_GCSTOP);
  // Many that begin and end alike, of every length that is short, empty and with zeros inside.
  std::vector<std::string> texts = {"", std::string(1, '\0'), std::string(2, '\0')};
  for (int i = 0; i < 300; ++i) texts.push_back("beginning" + std::to_string(i) + "the end.");
  for (size_t length = 1; length <= 40; ++length) texts.emplace_back(length, 'x');
  std::vector<TString*> strings;
  strings.reserve(texts.size());
  for (const std::string& text : texts) strings.push_back(string(text));
  const SharedStrings shared(strings);
  for (size_t i = 0; i < texts.size(); ++i) {
    EXPECT_EQ(shared.find(texts[i].data(), texts[i].size()), strings[i]) << texts[i];
  }
  for (const std::string absent : {"beginning300the end.", "y", "xxxxxxxxxxxxxxxxxxxxy", "beginning"}) {
    EXPECT_EQ(shared.find(absent.data(), absent.size()), nullptr) << absent;
  }
}

TEST_F(SharedStringsTest, NoneAreFoundAmongNone) {
  EXPECT_EQ(SharedStrings().find("any", 3), nullptr);
  EXPECT_EQ(SharedStrings(std::vector<TString*>()).find("", 0), nullptr);
}

}  // namespace
}  // namespace trivium::lua
