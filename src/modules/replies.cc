#include "modules/replies.h"

#include "lua/codec.h"
#include "lua/error_object.h"

namespace trivium::lua {

namespace {

// The answer of most commands that are carried out at once.
bool is_true(const Values& values) {
  return values.count == 1 && values.bytes.size() == 1 &&
         static_cast<uint8_t>(values.bytes.front()) == wire::true_;
}

}  // namespace

int finish_value(lua_State* L, Reply& reply) {
  if (reply.error) return push_failure(L, *reply.error);
  if (is_true(reply.values)) {
    lua_pushboolean(L, 1);
    lua_pushnil(L);
    return 2;
  }
  const int count = push_values(L, reply.values);
  if (count == 0) lua_pushnil(L);
  if (count > 1) lua_pop(L, count - 1);
  lua_pushnil(L);
  return 2;
}

}  // namespace trivium::lua
