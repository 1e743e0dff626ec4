#include "lua/codec.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "lua/memory.h"

namespace trivium::lua {
namespace {

class Codec : public testing::Test {
 protected:
  Codec() : state_(lua_newstate(Memory::allocate, &memory_), lua_close), L(state_.get()) {
    luaL_requiref(L, "_G", luaopen_base, 1);
    luaL_requiref(L, "table", luaopen_table, 1);
    luaL_requiref(L, "string", luaopen_string, 1);
    lua_settop(L, 0);
    lua_register(L, "copy", copy);
  }

  // The value, taken through the encoding.
  static int copy(lua_State* L) {
    Values values;
    Dropped dropped;
    encode(L, 1, values, &dropped);
    push_values(L, values);
    lua_pushlstring(L, dropped.path.data(), dropped.path.size());
    return 2;
  }

  // What the code returns, as text.
  std::string run(const std::string& code) {
    lua_settop(L, 0);
    if (luaL_loadbufferx(L, code.data(), code.size(), "=test", "t") != LUA_OK ||
        lua_pcall(L, 0, 1, 0) != LUA_OK) {
      return std::string("error: ") + lua_tostring(L, -1);
    }
    return luaL_tolstring(L, -1, nullptr);
  }

  Memory memory_{0, 5};
  std::unique_ptr<lua_State, void (*)(lua_State*)> state_;
  lua_State* L;
};

// Two tables are alike when they have the same pairs.
const std::string alike = R"(
  local function alike(a, b)
    if type(a) ~= "table" or type(b) ~= "table" then return a == b and math_type(a) == math_type(b) end
    for k, v in pairs(a) do if not alike(v, b[k]) then return false end end
    for k in pairs(b) do if a[k] == nil then return false end end
    return true
  end
)";
const std::string with_alike = "local function math_type(v) return string.format('%s', v) end " + alike;

TEST_F(Codec, KeepsEveryFieldOfMixedTables) {
  // Short lists lie in the hash part, anywhere among the other keys.
  EXPECT_EQ(run(with_alike + R"(
    for seed = 1, 3000 do
      local t = {}
      for i = 1, seed % 7 do t["k" .. seed .. "_" .. i] = i end
      for i = 1, seed % 5 do t[i] = "v" .. i end
      if seed % 3 == 0 then t[2 * seed], t[0], t[-1], t[1.5] = 1, 2, 3, 4 end
      if seed % 11 == 0 then for i = 1, seed % 5 do t["k" .. seed .. "_" .. i] = nil end end
      if not alike(t, (copy(t))) then return "differs at " .. seed end
    end
    return "alike")"),
            "alike");
}

TEST_F(Codec, KeepsListsWithHoles) {
  EXPECT_EQ(run(with_alike + R"(
    local t = {1, 2, nil, 4, nil, nil, 7, n = 7}
    local long = table.pack(nil, nil, 3)
    for i = 1, 100 do long[i * 3] = i end
    return tostring(alike(t, (copy(t)))) .. tostring(alike(long, (copy(long)))))"),
            "truetrue");
}

TEST_F(Codec, KeepsStringsOfAnyLength) {
  EXPECT_EQ(run(R"(
    for _, n in ipairs{0, 1, 39, 40, 41, 127, 128, 255, 256, 257, 300, 511, 512, 513, 100000} do
      local t = copy{s = string.rep("x", n), after = n, {string.rep("y", n)}}
      if #t.s ~= n or t.after ~= n or #t[1][1] ~= n then return n end
    end
    return "same")"),
            "same");
}

TEST_F(Codec, KeepsSharingAndCycles) {
  EXPECT_EQ(run(R"(
    local many = {}
    for i = 1, 40 do many[i] = {i} end
    local t = {many = many, again = many, last = many[40]}
    t.self = t
    local c = copy(t)
    return tostring(c.self == c and c.many == c.again and c.last == c.many[40] and c.many[39][1] == 39))"),
            "true");
}

TEST_F(Codec, NamesThePlaceOfWhatCannotCross) {
  EXPECT_EQ(run("local _, path = copy{a = {1, {b = print}}} return path"), ".a[2].b");
  EXPECT_EQ(run("local c, path = copy{[print] = 1, x = 2} return tostring(c.x) .. path"), "2");
  EXPECT_EQ(run("local c = copy{1, print, 3} return tostring(c[1]) .. tostring(c[2]) .. tostring(c[3])"),
            "1nil3");
}

TEST_F(Codec, KeepsMetatables) {
  EXPECT_EQ(run(R"(
    local t = setmetatable({x = 1}, {__index = {y = 2}, __name = "point"})
    local c = copy(t)
    return c.x .. c.y .. getmetatable(c).__name)"),
            "12point");
}

}  // namespace
}  // namespace trivium::lua
