// What the tests of the sandbox share: a state with fixed hooks and helpers to run Lua in it.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "lua/error_object.h"
#include "lua/memory.h"
#include "lua/sandbox/chunk.h"
#include "lua/sandbox/sandbox.h"

namespace trivium::lua {

class SandboxTest : public testing::Test {
 protected:
  // 2024-05-06 07:08:09.5 UTC, a Monday.
  static int64_t wall_ns(lua_State*) { return 1'714'979'289'500'000'000; }
  static int64_t clock_ns(lua_State*) { return 1'250'000'000; }
  static uint64_t random(lua_State* L) {
    auto* state = *static_cast<uint64_t**>(lua_getextraspace(L));
    *state += 0x9E3779B97F4A7C15;
    uint64_t mixed = (*state ^ (*state >> 30)) * 0xBF58476D1CE4E5B9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
    return mixed ^ (mixed >> 31);
  }
  static bool is_type_value(lua_State* L, int index) {
    return lua_istable(L, index) && luaL_getmetafield(L, index, "is_type") != LUA_TNIL;
  }
  static constexpr SandboxHooks hooks{is_type_value, random, wall_ns, clock_ns, nullptr};

  SandboxTest() : state_(lua_newstate(Memory::allocate, &memory_), lua_close) {
    L = state_.get();
    *static_cast<uint64_t**>(lua_getextraspace(L)) = &random_state_;
    open_sandbox(L, hooks);
  }

  // The text of what the chunk "app:test" returns or raises ("error: …"); results joined by "|".
  std::string run(const std::string& source) {
    lua_settop(L, 0);
    const Result<std::string> bytecode = compile_to_bytecode(source, "app:test");
    if (!bytecode) return "syntax: " + bytecode.error().message;
    if (auto loaded = load_bytecode(L, *bytecode, "app:test"); !loaded)
      return "load: " + loaded.error().message;
    if (lua_pcall(L, 0, LUA_MULTRET, 0) != LUA_OK) return "error: " + text(-1);
    std::string all;
    for (int i = 1, n = lua_gettop(L); i <= n; ++i) all += (i > 1 ? "|" : "") + text(i);
    return all;
  }
  // The text of expressions.
  std::string eval(const std::string& expressions) { return run("return " + expressions); }

  // Makes an error object the global `name`.
  void define_error(const char* name, std::string message) {
    push_error(L, Error::of(kind::invalid, std::move(message)));
    lua_setglobal(L, name);
  }

  size_t memory_used() const { return memory_.used(); }

  lua_State* L = nullptr;

 private:
  std::string text(int index) {
    size_t length = 0;
    const char* data = luaL_tolstring(L, index, &length);
    std::string copy(data, length);
    lua_pop(L, 1);
    return copy;
  }

  Memory memory_{0, 0};
  uint64_t random_state_ = 1;
  std::unique_ptr<lua_State, void (*)(lua_State*)> state_;
};

}  // namespace trivium::lua
