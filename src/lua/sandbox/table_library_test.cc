#include "lua/sandbox/sandbox_fixture.h"

namespace trivium::lua {
namespace {

TEST_F(SandboxTest, TableInsert) {
  EXPECT_EQ(run("local t = {1} table.insert(t, 2) table.insert(t, nil) return #t, t[2]"), "2|2");
  EXPECT_EQ(run("local t = {1, 3} table.insert(t, 2, 2) return table.concat(t, ',')"), "1,2,3");
  EXPECT_EQ(run("local t = {1} table.insert(t, 5, 'x') return t[5], t[2]"), "x|nil");
  EXPECT_EQ(run("local t = {1} table.insert(t, 0, 'z') return t[0], t[1]"), "z|1");
  EXPECT_EQ(run("table.insert({})"), "error: app:test:1: wrong number of arguments to 'insert'");
  EXPECT_EQ(run("table.insert(nil, 1)"),
            "error: app:test:1: bad argument #1 to 'insert' (table expected, got nil)");
}

TEST_F(SandboxTest, TableRemove) {
  EXPECT_EQ(run("local t = {1, 2, 3} return table.remove(t), table.remove(t, 1), #t, t[1]"), "3|1|1|2");
  EXPECT_EQ(run("local t = {1} return table.remove(t, 7), table.remove(t, 0), table.remove(t, -1), #t"),
            "nil|nil|nil|1");
  EXPECT_EQ(eval("table.remove({})"), "nil");
}

TEST_F(SandboxTest, TableConcat) {
  define_error("e", "oops");
  EXPECT_EQ(eval("table.concat({1, 'a', 2.5, e}, '-'), table.concat({}), table.concat({1, 2, 3}, ',', 2, 3), "
                 "table.concat({1, 2}, 0), table.concat({1, 2}, e)"),
            "1-a-2.5-oops||2,3|102|1oops2");
  EXPECT_EQ(run("table.concat({1, nil, 3}, ',', 1, 3)"),
            "error: app:test:1: invalid value (nil) at index 2 in table for concat");
  EXPECT_EQ(run("table.concat({{}})"),
            "error: app:test:1: invalid value (table) at index 1 in table for concat");
  EXPECT_EQ(eval("table.concat({}, ',', math.maxinteger, math.maxinteger - 1)"), "");
}

TEST_F(SandboxTest, TableSort) {
  EXPECT_EQ(run("local t = {3, 1, 2} table.sort(t) return table.concat(t, ',')"), "1,2,3");
  EXPECT_EQ(
      run("local t = {3, 1, 2} table.sort(t, function(a, b) return a > b end) return table.concat(t, ',')"),
      "3,2,1");
  EXPECT_EQ(run("table.sort({1, 'x'})"), "error: attempt to compare string with number");
  lua_State* thread = lua_newthread(L);
  lua_pushcfunction(thread, [](lua_State* t) { return lua_yield(t, 0); });
  lua_setglobal(thread, "wait");
  luaL_loadstring(thread, "return pcall(table.sort, {2, 1}, function() wait() end)");
  int results = 0;
  ASSERT_EQ(lua_resume(thread, nullptr, 0, &results), LUA_OK);
  EXPECT_STREQ(lua_tostring(thread, -1), "attempt to yield across a C-call boundary");
}

// Long lists with few distinct keys and bad partitions still sort the same way every time.
TEST_F(SandboxTest, TableSortIsRepeatable) {
  const std::string sorted = R"(
    local t, order = {}, {}
    for i = 1, 20000 do t[i] = {key = i < 15000 and i % 3 or -i, i} end
    table.sort(t, function(a, b) return a.key < b.key end)
    for i = 1, #t do order[i] = t[i][1] end
    return table.concat(order, ','))";
  EXPECT_EQ(run(sorted), run(sorted));
}

TEST_F(SandboxTest, TableExtras) {
  EXPECT_EQ(eval("table.getn({1, 2}), table.maxn({1, [9] = 2, [2.5] = 1, x = 1}), table.maxn({}), "
                 "#table.create(10, 2)"),
            "2|9|0|0");
  EXPECT_EQ(eval("next(table.create(1e12))"), "nil");
  EXPECT_EQ(eval("next(table.create(-1, -5))"), "nil");
}

}  // namespace
}  // namespace trivium::lua
