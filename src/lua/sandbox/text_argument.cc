#include "lua/sandbox/text_argument.h"

#include "lua/error_object.h"

namespace trivium::lua {

void flatten_error(lua_State* L, int index) {
  if (lua_type(L, index) != LUA_TUSERDATA || luaL_testudata(L, index, error_metatable) == nullptr) return;
  index = lua_absindex(L, index);
  luaL_tolstring(L, index, nullptr);
  lua_replace(L, index);
}

std::string_view to_string_argument(lua_State* L, int index) {
  flatten_error(L, index);
  size_t length = 0;
  const char* text = luaL_checklstring(L, index, &length);
  return {text, length};
}

}  // namespace trivium::lua
