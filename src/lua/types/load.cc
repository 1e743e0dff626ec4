#include "lua/types/load.h"

namespace trivium::lua {

Result<void> load_program(lua_State* L, const Program& program, const std::string& chunk_name) {
  const std::string name = "=" + chunk_name;
  const int status = luaL_loadbufferx(L, program.lua.data(), program.lua.size(), name.c_str(), "t");
  if (status == LUA_OK) return {};
  size_t length = 0;
  const char* text = lua_tolstring(L, -1, &length);
  std::string message = text != nullptr ? std::string(text, length) : "cannot load chunk";
  lua_pop(L, 1);
  return fail(status == LUA_ERRSYNTAX ? kind::invalid : kind::internal, std::move(message));
}

}  // namespace trivium::lua
