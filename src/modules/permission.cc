#include "modules/permission.h"

#include "lua/error_object.h"
#include "lua/isolate.h"

namespace trivium::lua {
namespace {

Error denied(std::string message) { return Error::of(kind::permission_denied, std::move(message)); }

}  // namespace

bool allowed(lua_State* L, std::string_view action, std::string_view resource) {
  return Isolate::from(L).host().allows(action, resource);
}

int push_denied(lua_State* L, std::string message) { return push_failure(L, denied(std::move(message))); }

void raise_denied(lua_State* L, std::string message) {
  push_error(L, denied(std::move(message)));
  lua_error(L);
  __builtin_unreachable();
}

}  // namespace trivium::lua
