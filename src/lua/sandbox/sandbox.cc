#include "lua/sandbox/sandbox.h"

#include "lua/sandbox/globals.h"
#include "lua/sandbox/libraries.h"

namespace trivium::lua {
namespace {

constexpr char hooks_key = 0;

}  // namespace

void open_sandbox(lua_State* L, const SandboxHooks& hooks) {
  lua_pushlightuserdata(L, const_cast<SandboxHooks*>(&hooks));
  lua_rawsetp(L, LUA_REGISTRYINDEX, &hooks_key);
  install_lazy_globals(L);
  install_string_metatable(L);
}

const SandboxHooks& sandbox_hooks(lua_State* L) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &hooks_key);
  const auto* hooks = static_cast<const SandboxHooks*>(lua_touserdata(L, -1));
  lua_pop(L, 1);
  return *hooks;
}

}  // namespace trivium::lua
