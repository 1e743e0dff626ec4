#include "lua/table_shape.h"

// Lua's own headers: the public interface does not tell whether a table has a hash part.
#include "lobject.h"
#include "ltable.h"

namespace trivium::lua {

bool empty_table_is_object(lua_State* L, int index) {
  const auto* table = static_cast<const Table*>(lua_topointer(L, index));
  return table != nullptr && table->lastfree != nullptr;  // null for the shared dummy node
}

}  // namespace trivium::lua
