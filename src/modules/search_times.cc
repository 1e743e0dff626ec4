#include "modules/search_times.h"

#include "core/time_layout.h"
#include "lua/sandbox/frozen.h"
#include "modules/arguments.h"
#include "modules/time_values.h"

namespace trivium::lua {

void mark_search_times(lua_State* L, int table, Object& plain) {
  table = lua_absindex(L, table);
  lua_pushnil(L);
  while (lua_next(L, table) != 0) {
    const TimePoint* time = test_time(L, -1);
    const auto key = lua_type(L, -2) == LUA_TSTRING ? strict_string(L, -2) : std::nullopt;
    if (time != nullptr && key) {
      plain.set(*key, Object{{"datetime", format_time(*time, layout::rfc3339_nano)}});
    }
    lua_pop(L, 1);
  }
}

void mark_option_times(lua_State* L, int table, Object& options) {
  table = lua_absindex(L, table);
  for (const char* name :
       {"workflow.search_attributes", "workflow.typed_search_attributes",
        "temporal.workflow.search_attributes", "temporal.workflow.typed_search_attributes"}) {
    Value* plain = options.find(name);
    if (plain == nullptr || !plain->is_object()) continue;
    lua_getfield(L, table, name);
    if (lua_istable(L, -1)) {
      see_through(L, -1);
      mark_search_times(L, -1, plain->as_object());
    }
    lua_pop(L, 1);
  }
}

}  // namespace trivium::lua
