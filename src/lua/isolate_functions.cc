// Functions the code hands over for later: handlers that are called when everything else has come to rest.
#include "lua/isolate.h"

namespace trivium::lua {
namespace {

// Its address is the registry's key of the table with the functions.
const char kept_functions = 0;

struct Kept {
  std::string_view name;
  int reference = LUA_NOREF;
};

int find_kept(lua_State* L) {
  Kept& wanted = *static_cast<Kept*>(lua_touserdata(L, 1));
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &kept_functions) != LUA_TTABLE) return 0;
  lua_pushlstring(L, wanted.name.data(), wanted.name.size());
  if (lua_rawget(L, -2) == LUA_TFUNCTION) wanted.reference = luaL_ref(L, LUA_REGISTRYINDEX);
  return 0;
}

}  // namespace

void Isolate::keep_function(lua_State* L, int index, std::string_view name) {
  index = lua_absindex(L, index);
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &kept_functions) != LUA_TTABLE) {
    lua_pop(L, 1);
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &kept_functions);
  }
  lua_pushlstring(L, name.data(), name.size());
  lua_pushvalue(L, index);
  lua_rawset(L, -3);
  lua_pop(L, 1);
}

bool Isolate::start_kept(std::string_view name, Values arguments) {
  Kept wanted{name};
  lua_pushcfunction(main_, find_kept);
  lua_pushlightuserdata(main_, &wanted);
  if (lua_pcall(main_, 1, 0, 0) != LUA_OK) lua_pop(main_, 1);
  if (wanted.reference == LUA_NOREF) return false;
  reset();
  luaL_unref(main_, LUA_REGISTRYINDEX, entry_ref_);
  entry_ref_ = wanted.reference;
  start(std::move(arguments));
  return true;
}

}  // namespace trivium::lua
