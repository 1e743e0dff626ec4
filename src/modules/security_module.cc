#include "modules/security_module.h"

#include "lua/error_object.h"
#include "lua/isolate.h"
#include "lua/plain_data.h"
#include "modules/arguments.h"
#include "modules/identity.h"
#include "modules/permission.h"

namespace trivium::lua {
namespace {

int actor(lua_State* L) {
  const FrameRef& frame = Isolate::from(L).host().frame();
  if (frame && frame->actor) {
    push_actor(L, *frame->actor);
  } else {
    lua_pushnil(L);
  }
  return 1;
}

int scope(lua_State* L) {
  const FrameRef& frame = Isolate::from(L).host().frame();
  if (frame && frame->policies) {
    push_scope(L, *frame->policies);
  } else {
    lua_pushnil(L);
  }
  return 1;
}

Object read_meta(lua_State* L, int index) {
  if (lua_isnoneornil(L, index)) return {};
  luaL_checktype(L, index, LUA_TTABLE);
  Result<Object> meta = to_plain_object(L, index);
  if (meta) return std::move(*meta);
  push_error(L, meta.error());
  lua_error(L);
  __builtin_unreachable();
}

int new_actor(lua_State* L) {
  Actor made;
  made.id = check_string_like(L, 1);
  if (!allowed(L, "security.actor.create", made.id))
    raise_denied(L, "not allowed to create actor: " + made.id);
  made.meta = read_meta(L, 2);
  push_actor(L, std::move(made));
  return 1;
}

// Of a list only policies count, and there are no policy objects: the scope has none.
int new_scope(lua_State* L) {
  if (!lua_isnoneornil(L, 1)) luaL_checktype(L, 1, LUA_TTABLE);
  if (!allowed(L, "security.scope.create", "custom")) raise_denied(L, "not allowed to create a custom scope");
  push_scope(L, {});
  return 1;
}

// What needs policies and tokens.
int raise_unsupported(lua_State* L) {
  return luaL_error(L,
                    "policies and tokens of module 'security' are not supported by this version of trivium");
}

constexpr LibraryField fields[] = {
    {"actor", actor},
    {"scope", scope},
    {"new_actor", new_actor},
    {"new_scope", new_scope},
    {"can", raise_unsupported},
    {"policy", raise_unsupported},
    {"named_scope", raise_unsupported},
    {"token_store", raise_unsupported},
};
const Library library{fields};

}  // namespace

const Module security_module{"security", &library, nullptr, false};

}  // namespace trivium::lua
