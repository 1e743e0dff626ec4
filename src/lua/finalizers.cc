#include "lua/finalizers.h"

// Lua's own header: the public interface does not tell.
#include "lstate.h"

namespace trivium::lua {

bool has_finalizers(lua_State* L) {
  const global_State* global = G(L);
  return global->finobj != nullptr || global->tobefnz != nullptr;
}

}  // namespace trivium::lua
