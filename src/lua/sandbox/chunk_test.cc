#include "lua/sandbox/chunk.h"

#include "lua/sandbox/sandbox_fixture.h"

namespace trivium::lua {
namespace {

TEST_F(SandboxTest, SyntaxErrorsNameChunkAndLine) {
  const Result<std::string> bytecode = compile_to_bytecode("local x = 1\nlocal = 2", "app.jobs:import");
  ASSERT_FALSE(bytecode);
  EXPECT_EQ(bytecode.error().kind, kind::invalid);
  EXPECT_EQ(bytecode.error().message, "app.jobs:import:2: <name> expected near '='");
}

TEST_F(SandboxTest, BytecodeKeepsLines) {
  const Result<std::string> bytecode = compile_to_bytecode("\n\nerror('late')", "app.jobs:import");
  ASSERT_TRUE(bytecode);
  ASSERT_TRUE(load_bytecode(L, *bytecode, "app.jobs:import"));
  ASSERT_EQ(lua_pcall(L, 0, 0, 0), LUA_ERRRUN);
  EXPECT_STREQ(lua_tostring(L, -1), "app.jobs:import:3: late");
}

TEST_F(SandboxTest, LongEntryNamesAreShownWhole) {
  const std::string id = "some.rather.deep.namespace.of.an.application:" + std::string(100, 'x');
  const Result<std::string> bytecode = compile_to_bytecode("error('late')", id);
  ASSERT_TRUE(bytecode);
  ASSERT_TRUE(load_bytecode(L, *bytecode, id));
  ASSERT_EQ(lua_pcall(L, 0, 0, 0), LUA_ERRRUN);
  EXPECT_EQ(lua_tostring(L, -1), id + ":1: late");
}

TEST_F(SandboxTest, TextIsNotBytecodeNorTheReverse) {
  EXPECT_FALSE(load_bytecode(L, "return 1", "app:x"));
  EXPECT_FALSE(compile_to_bytecode(*compile_to_bytecode("return 1", "app:x"), "app:x"));
  EXPECT_EQ(lua_gettop(L), 0);
}

}  // namespace
}  // namespace trivium::lua
