// What the tests of the typed dialect share: a sandboxed state and helpers to compile and run in it.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "lua/error_object.h"
#include "lua/frontend/frontend.h"
#include "lua/memory.h"
#include "lua/sandbox/sandbox.h"
#include "lua/types/load.h"
#include "lua/types/types.h"

namespace trivium::lua {

class TypesTest : public testing::Test {
 protected:
  static int raise_error(lua_State* L, const Error& error) {
    push_error(L, error);
    return 1;
  }
  static uint64_t random(lua_State*) { return 7; }
  static int64_t no_time(lua_State*) { return 0; }
  static constexpr SandboxHooks hooks{is_type_value, random, no_time, no_time, nullptr};

  TypesTest() : state_(lua_newstate(Memory::allocate, &memory_), lua_close) {
    L = state_.get();
    open_sandbox(L, hooks);
    open_types(L, raise_error);
  }

  // The text of what the chunk "app:test" returns, joined by "|", or "error: …", "syntax: …".
  std::string run(const std::string& source) {
    lua_settop(L, 0);
    if (const std::string problem = load(source, "app:test"); !problem.empty()) return problem;
    if (lua_pcall(L, 0, LUA_MULTRET, 0) != LUA_OK) return "error: " + text(-1);
    std::string all;
    for (int i = 1, n = lua_gettop(L); i <= n; ++i) all += (i > 1 ? "|" : "") + text(i);
    return all;
  }

  // Runs a library and binds its result and types under `alias`.
  void add_library(const std::string& alias, const std::string& source) {
    lua_settop(L, 0);
    ASSERT_EQ("", load(source, "lib:" + alias));
    ASSERT_EQ(LUA_OK, lua_pcall(L, 0, 1, 0)) << text(-1);
    lua_setglobal(L, alias.c_str());
    export_types(L, alias, last_types_);
  }

  std::string text(int index) {
    size_t length = 0;
    const char* text = luaL_tolstring(L, index, &length);
    const std::string copy(text, length);
    lua_pop(L, 1);
    return copy;
  }

  lua_State* L = nullptr;

 private:
  std::string load(const std::string& source, const std::string& chunk_name) {
    const Result<Program> program = compile(source, chunk_name);
    if (!program) return "syntax: " + program.error().message;
    last_types_ = program->types;
    if (auto loaded = load_program(L, *program, chunk_name); !loaded)
      return "load: " + loaded.error().message;
    bind_types(L, program->types);
    return "";
  }

  Memory memory_{0, 42};
  std::unique_ptr<lua_State, void (*)(lua_State*)> state_;
  std::shared_ptr<const TypeSet> last_types_;
};

}  // namespace trivium::lua
