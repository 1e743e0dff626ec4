#include "modules/json_module.h"

#include "lua/error_object.h"
#include "modules/arguments.h"

namespace trivium::lua {
namespace {

int encode(lua_State* L) {
  if (lua_gettop(L) == 0) lua_pushnil(L);
  const auto text = encode_json(L, 1);
  if (!text) return push_failure(L, text.error());
  push_text(L, *text);
  lua_pushnil(L);
  return 2;
}

int decode(lua_State* L) {
  const auto text = strict_string(L, 1);
  if (!text) return push_failure(L, Error::of(kind::invalid, "string expected"));
  if (text->empty()) return push_failure(L, Error::of(kind::invalid, "empty string is not valid JSON"));
  if (const auto done = push_json(L, *text); !done) return push_failure(L, done.error());
  lua_pushnil(L);
  return 2;
}

constexpr luaL_Reg functions[] = {{"encode", encode},
                                  {"decode", decode},
                                  {"validate", validate_json},
                                  {"validate_string", validate_json_text},
                                  {nullptr, nullptr}};

}  // namespace

int open_json(lua_State* L) {
  lua_createtable(L, 0, 4);
  luaL_setfuncs(L, functions, 0);
  return 1;
}

}  // namespace trivium::lua
