#include "modules/base64_module.h"

#include "core/base64.h"
#include "lua/error_object.h"
#include "modules/arguments.h"

namespace trivium::lua {
namespace {

int not_a_string(lua_State* L) { return push_failure(L, Error::of(kind::invalid, "string expected")); }

int encode(lua_State* L) {
  const auto bytes = strict_string(L, 1);
  if (!bytes) return not_a_string(L);
  push_text(L, base64::encode(*bytes));
  return 1;
}

int decode(lua_State* L) {
  const auto text = strict_string(L, 1);
  if (!text) return not_a_string(L);
  const auto bytes = base64::decode(*text);
  if (!bytes) return push_failure(L, Error::of(kind::invalid, "illegal base64 data"));
  push_text(L, *bytes);
  return 1;
}

constexpr luaL_Reg functions[] = {{"encode", encode}, {"decode", decode}, {nullptr, nullptr}};

}  // namespace

int open_base64(lua_State* L) {
  lua_createtable(L, 0, 2);
  luaL_setfuncs(L, functions, 0);
  return 1;
}

}  // namespace trivium::lua
