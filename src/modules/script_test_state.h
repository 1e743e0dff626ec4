// A bare Lua state for tests of modules: the base libraries, the modules under test as globals, and
// scripts that return what the test looks at. an_error(message, context) makes an error object.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "lua/error_object.h"
#include "lua/memory.h"
#include "lua/state.h"

namespace trivium::lua {

class ScriptTest : public testing::Test {
 protected:
  ScriptTest() : memory_(0, 1), L_(lua_newstate(Memory::allocate, &memory_)) {
    library("_G", luaopen_base);
    library("string", luaopen_string);
    library("table", luaopen_table);
    library("math", luaopen_math);
    lua_register(L_, "an_error", [](lua_State* L) {
      Error error = Error::of("Boom", luaL_checkstring(L, 1));
      error.context = luaL_optstring(L, 2, "");
      push_error(L, error);
      return 1;
    });
  }
  ~ScriptTest() override { lua_close(L_); }

  void library(const char* name, lua_CFunction open) {
    lua_pushcfunction(L_, open);
    lua_call(L_, 0, 1);
    lua_setglobal(L_, name);
  }

  // The results of the script as text, separated by spaces: strings bare, errors as <kind: message>,
  // "raised: message" (without position) when it fails.
  std::string run(const std::string& script) {
    lua_settop(L_, 0);
    std::string out;
    if (luaL_loadbuffer(L_, script.data(), script.size(), "=script") != LUA_OK ||
        lua_pcall(L_, 0, LUA_MULTRET, 0) != LUA_OK) {
      const std::string message = text(-1);
      constexpr std::string_view position = "script:1: ";
      out = "raised: " + (message.starts_with(position) ? message.substr(position.size()) : message);
    } else {
      for (int i = 1; i <= lua_gettop(L_); ++i) out += (i > 1 ? " " : "") + text(i);
    }
    return out;
  }
  // The value of an expression.
  std::string eval(const std::string& expression) { return run("return " + expression); }

  lua_State* L() { return L_; }

 private:
  std::string text(int index) {
    if (const Error* error = test_error(L_, index)) {
      return "<" + error->kind + ": " + error->message + ">" + (error->retryable == false ? "" : "?");
    }
    size_t length = 0;
    const char* text = luaL_tolstring(L_, index, &length);
    std::string copy(text, length);
    lua_pop(L_, 1);
    return copy;
  }

  Memory memory_;
  lua_State* L_;
};

}  // namespace trivium::lua
