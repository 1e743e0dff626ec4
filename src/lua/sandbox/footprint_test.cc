#include <chrono>
#include <cstdio>

#include "lua/sandbox/sandbox_fixture.h"

namespace trivium::lua {
namespace {

lua_State* open_measured(Memory& memory, const SandboxHooks& hooks) {
  lua_State* L = lua_newstate(Memory::allocate, &memory);
  open_sandbox(L, hooks);
  return L;
}

// A hundred thousand idle isolates must fit in a small machine.
TEST_F(SandboxTest, AFreshSandboxIsSmall) {
  Memory bare_memory(0, 0);
  lua_State* bare = lua_newstate(Memory::allocate, &bare_memory);
  Memory memory(0, 0);
  lua_State* opened = open_measured(memory, hooks);
  const size_t fresh = memory.used();
  luaL_loadstring(
      opened,
      "local n = 0 for _, v in ipairs({1, 2}) do n = n + v end return ('x'):rep(n) .. tostring(type(n))");
  lua_call(opened, 0, 0);
  const size_t used = memory.used();

  constexpr int rounds = 2000;
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < rounds; ++i) {
    Memory each(0, 0);
    lua_close(open_measured(each, hooks));
  }
  const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - start;
  std::printf("bare state %zu bytes, opened %zu, after a small program %zu; open and close %.2f us\n",
              bare_memory.used(), fresh, used, took.count() / rounds);
  EXPECT_LT(fresh - bare_memory.used(), 600U);
  EXPECT_LT(fresh, 6144U);
  lua_close(bare);
  lua_close(opened);
}

}  // namespace
}  // namespace trivium::lua
