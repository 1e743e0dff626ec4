#include "modules/replies.h"

#include "lua/codec.h"
#include "lua/error_object.h"

namespace trivium::lua {

int finish_value(lua_State* L, Reply& reply) {
  if (reply.error) return push_failure(L, *reply.error);
  const int count = push_values(L, reply.values);
  if (count == 0) lua_pushnil(L);
  if (count > 1) lua_pop(L, count - 1);
  lua_pushnil(L);
  return 2;
}

}  // namespace trivium::lua
