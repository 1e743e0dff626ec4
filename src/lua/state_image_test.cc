#include "lua/state_image.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>

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

// Two states of one image, to be closed by the test.
class StatesOfOneImage : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NE(image, nullptr);
    L = image->instantiate(memory);
    other = image->instantiate(other_memory);
    ASSERT_NE(L, nullptr);
    ASSERT_NE(other, nullptr);
  }

  const std::unique_ptr<const StateImage> image = StateImage::take(7, room, build_small);
  Memory memory{0, 7};
  Memory other_memory{0, 7};
  lua_State* L = nullptr;
  lua_State* other = nullptr;
};

TEST_F(StatesOfOneImage, LiveOnTheirOwn) {
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

const void* text_of(lua_State* L, const char* text) {
  lua_pushstring(L, text);
  const void* const at = lua_tostring(L, -1);
  lua_pop(L, 1);
  return at;
}

TEST_F(StatesOfOneImage, HaveItsStringsInCommon) {
  const size_t used = memory.used();
  for (const char* text : {"greeting", "hello", "on the stack", "__index"}) {
    EXPECT_EQ(text_of(L, text), text_of(other, text)) << text;
  }
  EXPECT_EQ(memory.used(), used);
  EXPECT_NE(text_of(L, "greetings"), text_of(other, "greetings"));
  lua_close(L);
  lua_close(other);
}

// Functions in functions, with constants of each type, a long string as a key, and metamethods.
constexpr std::string_view program = R"lua(
  local long = ("a text that is too long to be one of the short ones, which are compared by address")
  local class = {}
  class.__index = class
  class.__add = function(a, b) return a.value + b end
  local function counter(start)
    local made = setmetatable({value = start, [long] = 0.5}, class)
    return function(by)
      made.value = made + by
      return made.value + made["a text that is too long to be one of the short ones, which are compared by address"]
    end
  end
  local count = counter(1)
  local words = {}
  for i = 1, 500 do words[i] = "word " .. i end
  local last
  for i = 1, 100 do last = count(i) end
  local found = 0
  for i = 1, 500 do if words[i] == "word " .. i then found = found + 1 end end
  return last, found, pcall(error, "gree" .. "ting")
)lua";

constexpr SandboxHooks hooks;

bool build_program(lua_State* L) {
  open_sandbox(L, hooks);
  return load_bytecode(L, *compile_to_bytecode(program, "app:program"), "app:program").has_value();
}

void run_program(const StateImage& image) {
  Memory memory(0, 7);
  lua_State* L = image.instantiate(memory);
  ASSERT_EQ(lua_pcall(L, 0, LUA_MULTRET, 0), LUA_OK) << lua_tostring(L, -1);
  EXPECT_EQ(lua_tonumber(L, 1), 5051.5);
  EXPECT_EQ(lua_tointeger(L, 2), 500);
  EXPECT_STREQ(lua_tostring(L, 4), "greeting");
  lua_gc(L, LUA_GCCOLLECT);
  EXPECT_STREQ(lua_tostring(L, 4), "greeting");
  lua_close(L);
  EXPECT_EQ(memory.used(), 0u);
}

TEST(StateImage, ItsCodeRunsInStatesOnSeveralThreads) {
  const auto image = StateImage::take(7, 1 << 19, build_program);
  ASSERT_NE(image, nullptr);
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&image] {
      for (int round = 0; round < 20; ++round) run_program(*image);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(StateImage, ErrorsInSharedCodeNameTheirLine) {
  const auto image = StateImage::take(7, 1 << 19, [](lua_State* L) {
    open_sandbox(L, hooks);
    return load_bytecode(L, *compile_to_bytecode("\n\nlocal x = nil\nx.y = 1", "app:fails"), "app:fails")
        .has_value();
  });
  ASSERT_NE(image, nullptr);
  Memory memory(0, 7);
  lua_State* L = image->instantiate(memory);
  ASSERT_EQ(lua_pcall(L, 0, 0, 0), LUA_ERRRUN);
  EXPECT_STREQ(lua_tostring(L, -1), "app:fails:4: attempt to index a nil value (local 'x')");
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
