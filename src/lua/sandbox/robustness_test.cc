#include "lua/sandbox/sandbox_fixture.h"

namespace trivium::lua {
namespace {

// Every function with every kind of argument either returns or raises, and leaves the sandbox intact.
TEST_F(SandboxTest, NoArgumentBreaksALibraryFunction) {
  define_error("fault", "message of an error");
  EXPECT_EQ(run(R"(
    local functions = {}
    for _, library in ipairs({_G, string, table, math, os, package}) do
      for name, value in pairs(library) do
        if type(value) == 'function' then functions[#functions + 1] = value end
      end
    end
    local random = math.random
    local pass = pcall
    local function value()
      local values = {-1, 0, 1, 2, 3.7, 1e300, 0/0, 1/0, math.maxinteger, math.mininteger, '', 'text', '%d %s', '(%a+)()', '*t',
        '!%c %j', 'i4', '__index', 12, '0x10', true, false, {}, {1, 2, 3, x = 1}, {[5] = 1, {}}, table.freeze({1, 'two'}),
        table.freeze(setmetatable({}, {__index = string})), setmetatable({}, {__index = error, __newindex = error}), string,
        math, function(...) return ... end, fault}
      return values[random(#values + 2)]
    end
    for round = 1, 5000 do
      local f = functions[random(#functions)]
      if f ~= setmetatable then pass(f, value(), value(), value(), value()) end
    end
    return type(string.format), #('abc'):upper(), pcall(function() string.x = 1 end))"),
            "function|3|false|app:test:21: attempt to modify Immutable table");
}

// The same with contents that are changed while a library walks them.
TEST_F(SandboxTest, ChangingTablesMidwayIsHarmless) {
  run(R"(
    local t = {}
    for i = 1, 200 do t[i] = i end
    pcall(table.sort, t, function(a, b) t[#t] = nil; return a < b end)
    local u = {1, 2, 3, 4, 5, 6, 7, 8}
    pcall(table.sort, u, function() return true end)
    for k in pairs(u) do u[k] = nil end
    local w = {a = 1, b = 2}
    pcall(function() for k in pairs(w) do table.freeze(w) end end)
    local g = ('abc'):gmatch('.')
    for c in g do t[c] = g end
    pcall(string.gsub, 'abc', '.', setmetatable({}, {__index = function() error({}) end}))
  )");
  lua_gc(L, LUA_GCCOLLECT);
  EXPECT_EQ(eval("1"), "1");
}

}  // namespace
}  // namespace trivium::lua
