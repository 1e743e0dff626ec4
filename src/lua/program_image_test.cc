#include "lua/program_image.h"

#include <gtest/gtest.h>

#include "lua/environment.h"
#include "lua/program.h"
#include "lua/sandbox/chunk.h"

namespace trivium::lua {
namespace {

// `functions` functions with names, constants and a table of their own, and as many in a library.
ProgramRef program_of(int functions) {
  std::string source = "local all = {}\n";
  for (int i = 0; i < functions; ++i) {
    const std::string n = std::to_string(i);
    source += "all['function " + n + "'] = function(a, b) local t = {name" + n +
              " = a, 'a text of more than forty letters " + n + "'} return t.name" + n + " + b + " + n +
              ".5 end\n";
  }
  source += "return {main = function(n) return all['function ' .. n](n, 1) end}";
  auto program = std::make_shared<EntryProgram>();
  program->id = "app:test";
  program->method = "main";
  program->main = {"", "app:test", compile_to_bytecode(source, "app:test").value(), nullptr};
  program->libraries.push_back({"lib", "app:lib", program->main.bytecode, nullptr});
  return program;
}

TEST(ProgramImage, IsTakenOfSmallAndLargePrograms) {
  const Environment environment;
  for (const int functions : {1, 100, 5000}) {
    const ProgramRef program = program_of(functions);
    EXPECT_EQ(program->image.of(*program, environment, 7), nullptr) << "the first is faster built";
    const StateImage* image = program->image.of(*program, environment, 7);
    ASSERT_NE(image, nullptr) << functions;
    EXPECT_LT(image->size(), 8000) << "code is not copied";
    EXPECT_EQ(program->image.of(*program, environment, 8), nullptr) << "another seed";
    Memory memory(0, 7);
    lua_State* L = image->instantiate(memory);
    lua_State* loader = prepared_loader(L);
    int results = 0;
    ASSERT_EQ(lua_resume(loader, L, 0, &results), LUA_OK) << lua_tostring(loader, -1);  // the library
    lua_getfield(loader, -1, "main");
    lua_pushinteger(loader, functions - 1);
    ASSERT_EQ(lua_pcall(loader, 1, 1, 0), LUA_OK) << lua_tostring(loader, -1);
    EXPECT_EQ(lua_tonumber(loader, -1), 2 * (functions - 1) + 1.5);
    lua_close(L);
  }
}

}  // namespace
}  // namespace trivium::lua
