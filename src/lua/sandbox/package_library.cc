// `package`: a stub that says there are no native modules; `require` does not look at it.
#include "lua/sandbox/frozen.h"
#include "lua/sandbox/libraries.h"
#include "lua/sandbox/text_argument.h"

namespace trivium::lua {
namespace {

int package_loadlib(lua_State* L) {
  const std::string_view name = to_string_argument(L, 1);
  lua_pushfstring(L, "cannot load module '%s': loadlib disabled", name.data());
  return 1;
}

int package_seeall(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  if (is_frozen(L, 1)) return luaL_error(L, "attempt to modify Immutable table");
  if (lua_getmetatable(L, 1) == 0) {
    lua_createtable(L, 0, 1);
    lua_pushvalue(L, -1);
    lua_setmetatable(L, 1);
  }
  if (is_frozen(L, -1)) return luaL_error(L, "attempt to modify Immutable table");
  lua_pushliteral(L, "__index");
  lua_pushglobaltable(L);
  lua_rawset(L, -3);
  return 0;
}

void push_empty(lua_State* L) { lua_pushliteral(L, ""); }

}  // namespace

const Library& package_library() {
  static const LibraryField fields[] = {
      {"cpath", nullptr, push_empty},
      {"loadlib", package_loadlib},
      {"path", nullptr, push_empty},
      {"seeall", package_seeall},
  };
  static const Library library{fields};
  return library;
}

}  // namespace trivium::lua
