#include "lua/environment.h"

#include "lua/channel.h"
#include "lua/coroutine_lib.h"
#include "lua/error_object.h"
#include "lua/isolate.h"
#include "lua/plain_data.h"
#include "lua/types/types.h"

namespace trivium::lua {
namespace {

template <const Library& library>
void push(lua_State* L) {
  push_library(L, library);
}

// print(...): one info record, arguments joined by a space. It never writes to the terminal.
int print(lua_State* L) {
  std::string message;
  for (int i = 1; i <= lua_gettop(L); ++i) {
    if (i > 1) message += ' ';
    message += describe(L, i);
  }
  Isolate::from(L).host().log(LogLevel::info, "", message, location_field(L));
  return 0;
}

// A lookup among modules, imports and ambient globals; never loads files.
int require(lua_State* L) {
  luaL_checktype(L, 1, LUA_TSTRING);
  lua_pushglobaltable(L);
  lua_pushvalue(L, 1);
  lua_gettable(L, -2);
  if (lua_isnil(L, -1)) {
    return luaL_error(L, "module '%s' not found (list it under modules: or imports: of the entry)",
                      lua_tostring(L, 1));
  }
  return 1;
}

constexpr LibraryField ambient[] = {
    {"channel", nullptr, push<channel_library>},
    {"coroutine", nullptr, push<coroutine_library>},
    {"errors", nullptr, push<errors_library>},
    {"print", print},
    {"require", require},
};

}  // namespace

Object location_field(lua_State* L) {
  Object fields;
  lua_Debug frame;
  if (lua_getstack(L, 1, &frame) != 0) {
    lua_getinfo(L, "Sl", &frame);
    if (frame.currentline > 0)
      fields.set("location", std::string(frame.short_src) + ":" + std::to_string(frame.currentline));
  }
  return fields;
}

Environment::Environment(std::span<const LibraryField> extra) : fields_(extra.begin(), extra.end()) {
  fields_.insert(fields_.end(), std::begin(ambient), std::end(ambient));
  globals_.fields = fields_;
  hooks_.random = [](lua_State* L) { return Isolate::from(L).host().random(); };
  hooks_.wall_ns = [](lua_State* L) { return Isolate::from(L).host().now_ns(); };
  hooks_.clock_ns = [](lua_State* L) { return Isolate::from(L).host().clock_ns(); };
  hooks_.is_type_value = is_type_value;
  hooks_.globals = &globals_;
  hooks_.modules = [](lua_State* L) {
    return std::span<const Module* const>(Isolate::from(L).program().modules);
  };
}

}  // namespace trivium::lua
