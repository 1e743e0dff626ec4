#include "modules/userdata.h"

namespace trivium::lua {

void push_metatable(lua_State* L, const UserdataClass& type, lua_CFunction destroy) {
  if (luaL_newmetatable(L, type.name) == 0) return;
  lua_newtable(L);
  luaL_setfuncs(L, type.methods, 0);
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, type.text);
  lua_setfield(L, -2, "__tostring");
  lua_pushcfunction(L, destroy);
  lua_setfield(L, -2, "__gc");
  // Applications cannot reach the finalizer.
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
}

}  // namespace trivium::lua
