#include "lua/sandbox/sandbox_fixture.h"

namespace trivium::lua {
namespace {

TEST_F(SandboxTest, GlobalsArePresent) {
  EXPECT_EQ(run(R"(
    local names = {"assert","error","getmetatable","setmetatable","ipairs","next","pairs","pcall","xpcall",
      "rawequal","rawget","rawset","select","tonumber","tostring","type","unpack"}
    for _, name in ipairs(names) do assert(type(_G[name]) == "function", name) end
    for _, name in ipairs({"string","table","math","os","package","_G"}) do assert(type(_G[name]) == "table", name) end
    return _VERSION, _G._G == _G)"),
            "Lua 5.3 - Wippy Modification|true");
}

TEST_F(SandboxTest, DangerousGlobalsAreAbsent) {
  EXPECT_EQ(run(R"(
    for _, name in ipairs({"load","loadstring","loadfile","dofile","collectgarbage","rawlen","getfenv","setfenv",
      "module","newproxy","io","debug","utf8","loadlib","warn"}) do
      if _G[name] ~= nil or rawget(_G, name) ~= nil then return name end
    end
    for _, name in ipairs({"getenv","execute","exit","remove","rename","tmpname","setlocale"}) do
      if os[name] ~= nil then return name end
    end
    return string.pack ~= nil, table.pack, table.move, package.loaded, package.preload)"),
            "true|nil|nil|nil|nil");
}

TEST_F(SandboxTest, GlobalTableIsOrdinaryToPrograms) {
  EXPECT_EQ(run("local n = 0 for k in pairs(_G) do n = n + 1 end return n, next(_G) ~= nil"), "24|true");
  EXPECT_EQ(run("assert = nil return assert, rawget(_G, 'assert')"), "nil|nil");
}

TEST_F(SandboxTest, ClearedGlobalsStayCleared) {
  EXPECT_EQ(run("os = nil return os, type(string), rawget(_G, 'os')"), "nil|table|nil");
}

TEST_F(SandboxTest, RawWriteClearsGlobals) { EXPECT_EQ(run("rawset(_G, 'os', nil) return os"), "nil"); }

TEST_F(SandboxTest, GlobalsCanBeReplacedAndAdded) {
  EXPECT_EQ(run("string = 5; added = 6; return string, added, ('x'):upper(), rawget(_G, 'added'), rawget(_G, "
                "'type')(1)"),
            "5|6|X|6|number");
}

TEST_F(SandboxTest, StringMethodsComeFromTheGlobalTable) {
  EXPECT_EQ(run("local u = ('x').upper return u == string.upper, rawget(_G, 'string') ~= nil, "
                "getmetatable('') == string"),
            "true|true|true");
}

TEST_F(SandboxTest, GlobalTableTakesMetatable) {
  EXPECT_EQ(run(R"(
    local before = getmetatable(_G)
    setmetatable(_G, {__index = function(_, k) return 'no ' .. k end, __newindex = function() error('strict') end})
    local ok, err = pcall(function() fresh = 1 end)
    return before, missing, type(table), err)"),
            "nil|no missing|table|app:test:3: strict");
}

TEST_F(SandboxTest, HostAddsGlobals) {
  static constexpr LibraryField fields[] = {
      {"answer", nullptr, [](lua_State* state) { lua_pushinteger(state, 42); }},
      {"type", nullptr, [](lua_State* state) { lua_pushliteral(state, "mine"); }}};
  static constexpr Library more{fields};
  static constexpr SandboxHooks with_more{nullptr, random, wall_ns, clock_ns, &more};
  Memory memory(0, 0);
  lua_State* other = lua_newstate(Memory::allocate, &memory);
  open_sandbox(other, with_more);
  ASSERT_EQ(luaL_loadstring(other, "local n = answer for k in pairs(_G) do n = n + 1 end return type .. n"),
            LUA_OK);
  ASSERT_EQ(lua_pcall(other, 0, 1, 0), LUA_OK);
  EXPECT_STREQ(lua_tostring(other, -1), "mine67");
  lua_close(other);
}

TEST_F(SandboxTest, Type) {
  EXPECT_EQ(eval("type(nil), type(true), type(1), type(1.5), type('s'), type({}), type(type)"),
            "nil|boolean|number|number|string|table|function");
  EXPECT_EQ(eval("type(setmetatable({}, {is_type = true})), type(setmetatable({}, {}))"), "type|table");
  EXPECT_EQ(run("type()"), "error: app:test:1: bad argument #1 to 'type' (value expected)");
  define_error("e", "m");
  EXPECT_EQ(eval("type(e)"), "userdata");
}

TEST_F(SandboxTest, NumbersAsText) {
  EXPECT_EQ(
      eval("10/2, 2^53, 1e15, -0.0, 0.1, 0.1+0.2, 45.67, 123456.5, 1234567.5, 0.00012, 0.00001, 1e21, 1e300"),
      "5|9007199254740992|1000000000000000|0|0.1|0.30000000000000004|45.67|123456.5|1.2345675e+06|0.00012|"
      "1e-05|1e+21|1e+300");
  EXPECT_EQ(eval("tostring(1/0), tostring(-1/0), tostring(0/0), 10/2 .. '', table.concat({1e3, 2.5}, ' ')"),
            "+Inf|-Inf|NaN|5|1000 2.5");
}

TEST_F(SandboxTest, Arithmetic) {
  EXPECT_EQ(eval("'10' + 1, 2 * '3', '7' - '2', '9' / 3, '7' % 4, '2' ^ 3, -'2'"), "11|6|5|3|3|8|-2");
  EXPECT_EQ(eval("7 // 2, -7 // 2, 5.5 % 2, -1 % 3, 1 << 4, math.maxinteger + 1 == math.mininteger"),
            "3|-4|1.5|2|16|true");
  EXPECT_EQ(run("local t = {} t[1] = 'a' t[1.0] = 'b' return t[1]"), "b");
}

TEST_F(SandboxTest, Tonumber) {
  EXPECT_EQ(eval("tonumber(5), tonumber(1.5), tonumber(' 12\\n'), tonumber('1.5'), tonumber('0x1F'), "
                 "tonumber('1.5e3')"),
            "5|1.5|12|1.5|31|1500");
  EXPECT_EQ(
      eval("tonumber(''), tonumber('abc'), tonumber(nil), tonumber(true), tonumber({}), tonumber('1 2')"),
      "nil|nil|nil|nil|nil|nil");
  EXPECT_EQ(
      eval(
          "tonumber('ff', 16), tonumber('-zz', 36), tonumber('8', 8), tonumber('1', 99), tonumber('12', 10), "
          "tonumber(7, 16), tonumber('', 16), tonumber('-', 2)"),
      "255|-1295|nil|nil|12|7|nil|nil");
  EXPECT_EQ(eval("tonumber('1\\0'), tonumber('nan'), tonumber('inf')"), "nil|nil|nil");
  EXPECT_EQ(run("tonumber()"), "error: app:test:1: bad argument #1 to 'tonumber' (value expected)");
}

TEST_F(SandboxTest, Assert) {
  EXPECT_EQ(eval("assert(1, 2, 3)"), "1|2|3");
  EXPECT_EQ(run("\nassert(false)"), "error: app:test:2: assertion failed!");
  EXPECT_EQ(run("\nassert(nil, 'bad row')"), "error: app:test:2: bad row");
  EXPECT_EQ(run("assert(nil, nil)"), "error: app:test:1: assertion failed!");
  EXPECT_EQ(run("local t = {} local ok, e = pcall(assert, false, t) return ok, e == t"), "false|true");
  define_error("e", "gone");
  EXPECT_EQ(run("local ok, raised = pcall(function() assert(nil, e) end) return ok, raised == e"),
            "false|true");
}

TEST_F(SandboxTest, ErrorPositions) {
  EXPECT_EQ(run("\n\nerror('x')"), "error: app:test:3: x");
  EXPECT_EQ(run("error('x', 0)"), "error: x");
  EXPECT_EQ(run("local function f() error('x', 2) end\nf()"), "error: app:test:2: x");
  EXPECT_EQ(run("local t = {} local _, e = pcall(error, t) return e == t"), "true");
  EXPECT_EQ(run("local t = nil\nreturn t.x"), "error: app:test:2: attempt to index a nil value (local 't')");
}

TEST_F(SandboxTest, ProtectedCalls) {
  EXPECT_EQ(eval("pcall(nil)"), "false|attempt to call a nil value");
  EXPECT_EQ(eval("pcall(select, 2, 'a', 'b')"), "true|b");
  EXPECT_EQ(eval("xpcall(function() error('x', 0) end, function(m) return 'handled ' .. m end)"),
            "false|handled x");
  EXPECT_EQ(run(R"(
    local co = nil
    local t = setmetatable({}, {__index = function(_, k) return k end})
    return pcall(function() return t.name end))"),
            "true|name");
}

TEST_F(SandboxTest, ProtectedCallsCanYield) {
  lua_State* thread = lua_newthread(L);
  lua_pushcfunction(thread, [](lua_State* t) { return lua_yield(t, 0); });
  lua_setglobal(thread, "wait");
  ASSERT_EQ(luaL_loadstring(thread, R"(
      local ok, got = pcall(function() return 'a' .. wait() end)
      local fine, more = xpcall(function() return wait() end, function(m) return m end)
      return got .. more)"),
            LUA_OK);
  int results = 0;
  ASSERT_EQ(lua_resume(thread, nullptr, 0, &results), LUA_YIELD);
  lua_pushliteral(thread, "b");
  ASSERT_EQ(lua_resume(thread, nullptr, 1, &results), LUA_YIELD);
  lua_pushliteral(thread, "c");
  ASSERT_EQ(lua_resume(thread, nullptr, 1, &results), LUA_OK);
  EXPECT_STREQ(lua_tostring(thread, -1), "abc");
}

TEST_F(SandboxTest, SelectAndUnpack) {
  EXPECT_EQ(eval("select('#', nil, nil), select(-1, 'a', 'b'), select(2, 'a', 'b', 'c')"), "2|b|b|c");
  EXPECT_EQ(run("select(0, 1)"), "error: app:test:1: bad argument #1 to 'select' (index out of range)");
  EXPECT_EQ(run("select(-2, 1)"), "error: app:test:1: bad argument #1 to 'select' (index out of range)");
  EXPECT_EQ(eval("unpack({1, 2, 3}), unpack == table.unpack"), "1|true");
  EXPECT_EQ(eval("unpack({1, 2, 3}, 2, 4)"), "2|3|nil");
  EXPECT_EQ(eval("select('#', unpack(setmetatable({}, {__index = function() return 1 end}), 1, 2))"), "2");
  EXPECT_EQ(eval("(unpack(setmetatable({}, {__index = function() return 1 end}), 1, 2))"), "nil");
  EXPECT_EQ(run("unpack(nil)"), "error: app:test:1: bad argument #1 to 'unpack' (table expected, got nil)");
  EXPECT_EQ(run("unpack({}, 1, 1e8)"), "error: app:test:1: too many results to unpack");
  EXPECT_EQ(run("unpack({}, math.mininteger, math.maxinteger)"),
            "error: app:test:1: too many results to unpack");
}

TEST_F(SandboxTest, WalkingIsRaw) {
  EXPECT_EQ(run("local n = 0 for i, v in ipairs(setmetatable({1, 2}, {__index = function() return 9 end})) "
                "do n = n + v end return n"),
            "3");
  EXPECT_EQ(run("local t = {10, 20, 30, x = 1} local s = '' for k, v in pairs(t) do s = s .. k .. '=' .. v "
                ".. ' ' end return s"),
            "1=10 2=20 3=30 x=1 ");
  EXPECT_EQ(run("local t = {a = 1, b = 2, c = 3} for k in pairs(t) do t[k] = nil end return next(t)"), "nil");
  EXPECT_EQ(run("pairs(nil)"), "error: app:test:1: bad argument #1 to 'pairs' (table expected, got nil)");
  EXPECT_EQ(run("ipairs('x')"),
            "error: app:test:1: bad argument #1 to 'ipairs' (table expected, got string)");
  EXPECT_EQ(run("next(1)"), "error: app:test:1: bad argument #1 to 'next' (table expected, got number)");
  EXPECT_EQ(run("return next({}), next({5})"), "nil|1|5");
}

TEST_F(SandboxTest, Metatables) {
  EXPECT_EQ(run("local mt = {} local t = setmetatable({}, mt) return getmetatable(t) == mt, setmetatable(t, "
                "nil) == t, getmetatable(t)"),
            "true|true|nil");
  EXPECT_EQ(run("setmetatable(setmetatable({}, {__metatable = 'no'}), {})"),
            "error: app:test:1: cannot change a protected metatable");
  EXPECT_EQ(eval("getmetatable(setmetatable({}, {__metatable = 'no'})), getmetatable(1)"), "no|nil");
  EXPECT_EQ(run("setmetatable(nil, {})"),
            "error: app:test:1: bad argument #1 to 'setmetatable' (table expected, got nil)");
  EXPECT_EQ(run("setmetatable({}, 1)"),
            "error: app:test:1: bad argument #2 to 'setmetatable' (nil or table expected, got number)");
  EXPECT_EQ(run("setmetatable(5, {__index = {x = 1}}) return pcall(function() return (5).x end)"),
            "false|app:test:1: attempt to index a number value");
  EXPECT_EQ(eval("tostring(setmetatable({}, {__tostring = function() return 'me' end}))"), "me");
}

TEST_F(SandboxTest, FinalizersNeverRun) {
  run("ran = false local mt = {__gc = function() ran = true end} setmetatable({}, mt) kept = mt.__gc");
  lua_gc(L, LUA_GCCOLLECT);
  EXPECT_EQ(eval("ran, kept ~= nil"), "false|true");
}

TEST_F(SandboxTest, RawFunctions) {
  EXPECT_EQ(run("local t = setmetatable({}, {__index = {x = 1}, __newindex = error}) rawset(t, 'y', 2) "
                "return rawget(t, 'x'), rawget(t, 'y'), rawequal(t, t), rawequal(t, {})"),
            "nil|2|true|false");
}

TEST_F(SandboxTest, ErrorsConcatenateAndConvert) {
  define_error("e", "boom");
  EXPECT_EQ(eval("tostring(e), 'x: ' .. e, e .. '!'"), "boom|x: boom|boom!");
}

TEST_F(SandboxTest, Package) {
  EXPECT_EQ(eval("package.path .. package.cpath, package.loadlib('m')"),
            "|cannot load module 'm': loadlib disabled");
  EXPECT_EQ(run("local m = {} package.seeall(m) return m.type == type"), "true");
}

TEST_F(SandboxTest, RunawayRecursionIsCatchable) {
  const std::string caught = R"(
    local ok, err = pcall(f)
    return ok, tostring(err):find('overflow', 1, true) ~= nil, (pcall(type, 1)))";
  EXPECT_EQ(run("local function f() return 1 + f() end" + caught), "false|true|true");
  EXPECT_EQ(run("local function f() return assert(pcall(f)) end" + caught), "false|true|true");
  EXPECT_EQ(
      run("local t = setmetatable({}, {}) getmetatable(t).__index = function(s, k) return s[k .. 'x'] end "
          "local function f() return t.x end" +
          caught),
      "false|true|true");
  EXPECT_EQ(run("local function f() return (('x'):gsub('.', f)) end" + caught), "false|true|true");
  EXPECT_EQ(run("local function f() table.sort({1, 2, 3}, f) end" + caught), "false|true|true");
  EXPECT_EQ(run("local t = setmetatable({}, {__tostring = function(s) return tostring(s) end}) "
                "local function f() return string.format('%s', t) end" +
                caught),
            "false|true|true");
}

TEST_F(SandboxTest, HostCallsNestDeepEnough) {
  EXPECT_EQ(run("local function f(n) if n == 0 then return 'deep' end return select(2, pcall(f, n - 1)) end "
                "return f(180)"),
            "deep");
}

TEST_F(SandboxTest, RunawayRecursionStaysSmall) {
  EXPECT_TRUE(
      run("local function f() return 1 + f() end f()").starts_with("error: app:test:1: stack overflow"));
  EXPECT_LT(memory_used(), 16U << 20);
}

}  // namespace
}  // namespace trivium::lua
