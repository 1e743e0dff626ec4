#include "lua/sandbox/frozen.h"

#include "lua/sandbox/sandbox_fixture.h"

namespace trivium::lua {
namespace {

TEST_F(SandboxTest, LibrariesRefuseWrites) {
  const std::string refused = "error: app:test:1: attempt to modify Immutable table";
  for (const char* library : {"string", "table", "math", "os", "package"}) {
    const std::string name = library;
    EXPECT_EQ(run(name + ".fresh = 1"), refused);
    EXPECT_EQ(run("rawset(" + name + ", 'fresh', 1)"), refused);
    EXPECT_EQ(run("setmetatable(" + name + ", {})"),
              "error: app:test:1: cannot change a protected metatable");
    EXPECT_EQ(eval("getmetatable(" + name + ")"), "nil");
    EXPECT_EQ(eval("table.isfrozen(" + name + ")"), "true");
  }
  EXPECT_EQ(run("string.format = nil"), refused);
  EXPECT_EQ(run("local f = string.format string.format = f"), refused);
  EXPECT_EQ(run("table.insert(table, 1)"), "error: app:test:1: attempt to insert into Immutable table");
  EXPECT_EQ(run("table.remove(table)"), "error: app:test:1: attempt to remove from Immutable table");
  EXPECT_EQ(run("table.sort(table)"), "error: app:test:1: attempt to sort Immutable table");
}

TEST_F(SandboxTest, LibrariesReadLikeTables) {
  EXPECT_EQ(
      run("local n, functions = 0, 0 for k, v in pairs(string) do n = n + 1 "
          "if type(v) == 'function' then functions = functions + 1 end end return n, functions, #string"),
      "18|18|0");
  EXPECT_EQ(
      run("local seen = {} for k in next, table do seen[k] = true end return seen.insert, seen.nothing"),
      "true|nil");
  EXPECT_EQ(
      eval("rawget(math, 'pi') == math.pi, math.nothing, rawget(math, 'nothing'), rawequal(math, math)"),
      "true|nil|nil|true");
  EXPECT_EQ(eval("setmetatable({}, {__index = string}).upper('a')"), "A");
}

TEST_F(SandboxTest, FreezeInPlace) {
  EXPECT_EQ(run(R"(
    local t = {10, 20, 30, name = 'x'}
    local same = t
    local result = table.freeze(t)
    local keys = 0
    for k, v in pairs(t) do keys = keys + 1 end
    local sum = 0
    for i, v in ipairs(t) do sum = sum + v end
    return result == same, #t, t[2], t.name, keys, sum, table.concat(t, ','), table.isfrozen(t), unpack(t))"),
            "true|3|20|x|4|60|10,20,30|true|10|20|30");
  EXPECT_EQ(run("local t = table.freeze({1}) t[1] = 2"),
            "error: app:test:1: attempt to modify Immutable table");
  EXPECT_EQ(run("local t = table.freeze({1}) rawset(t, 1, 2)"),
            "error: app:test:1: attempt to modify Immutable table");
  EXPECT_EQ(run("local t = table.freeze(table.freeze({{}})) t[1].x = 5 return t[1].x, getmetatable(t)"),
            "5|nil");
  EXPECT_EQ(
      run("return table.isfrozen({}), table.getn(table.freeze({1, 2})), table.maxn(table.freeze({[7] = 1}))"),
      "false|2|7");
  EXPECT_EQ(run("table.freeze(_G)"),
            "error: app:test:1: bad argument #1 to 'freeze' (the global table cannot be frozen)");
}

TEST_F(SandboxTest, FrozenTablesKeepTheirMetatable) {
  EXPECT_EQ(run(R"(
    local mt = {__index = function(t, k) return 'default ' .. k end, __call = function(_, x) return x * 2 end,
                __tostring = function() return 'text' end}
    local t = table.freeze(setmetatable({a = 1}, mt))
    return t.a, t.b, t(21), tostring(t), getmetatable(t) == mt, rawget(t, 'b'), next(t))"),
            "1|default b|42|text|true|nil|a|1");
  EXPECT_EQ(run("local t = table.freeze(setmetatable({}, {__index = {deep = 3}})) return t.deep, t.none, #t"),
            "3|nil|0");
}

TEST_F(SandboxTest, FrozenClassesStillServeObjects) {
  EXPECT_EQ(run(R"(
    local Class = {}
    Class.__index = Class
    function Class.name() return 'class' end
    local before = setmetatable({}, Class)
    table.freeze(Class)
    local after = setmetatable({}, Class)
    return before.name(), after.name(), getmetatable(after) == Class)"),
            "class|class|true");
}

TEST_F(SandboxTest, HostSeesContents) {
  lua_newtable(L);
  lua_pushinteger(L, 7);
  lua_rawseti(L, -2, 1);
  freeze_library(L, -1);
  EXPECT_TRUE(is_frozen(L, -1));
  EXPECT_EQ(lua_rawlen(L, -1), 0U);
  push_contents(L, -1);
  EXPECT_EQ(lua_rawlen(L, -1), 1U);
  EXPECT_FALSE(is_frozen(L, -1));
  lua_pop(L, 1);
  see_through(L, -1);
  EXPECT_EQ(lua_rawlen(L, -1), 1U);
  EXPECT_EQ(lua_gettop(L), 1);
  lua_newtable(L);
  lua_newtable(L);
  lua_setmetatable(L, -2);
  see_through(L, 2);
  EXPECT_FALSE(is_frozen(L, 2));
  EXPECT_EQ(lua_gettop(L), 2);
}

}  // namespace
}  // namespace trivium::lua
