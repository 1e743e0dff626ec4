#include "lua/sandbox/stock.h"

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <unordered_map>

#include "lua/memory.h"

namespace trivium::lua {
namespace {

using Functions = std::unordered_map<std::string, lua_CFunction>;

void collect(lua_State* L, const std::string& library, Functions& functions) {
  lua_pushnil(L);
  while (lua_next(L, -2) != 0) {
    const lua_CFunction function = lua_tocfunction(L, -1);
    if (function != nullptr) functions.emplace(library + "." + lua_tostring(L, -2), function);
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
}

// Opens the stock libraries once in a state of their own and remembers the addresses.
Functions collect_all() {
  Memory memory(0, 0);
  const std::unique_ptr<lua_State, void (*)(lua_State*)> state(lua_newstate(Memory::allocate, &memory),
                                                               lua_close);
  lua_State* L = state.get();
  Functions functions;
  if (L == nullptr) return functions;
  const luaL_Reg libraries[] = {
      {"_G", luaopen_base}, {"table", luaopen_table}, {"math", luaopen_math}, {"string", luaopen_string}};
  for (const luaL_Reg& library : libraries) {
    luaL_requiref(L, library.name, library.func, 0);
    collect(L, library.name, functions);
  }
  lua_pushliteral(L, "");
  lua_getmetatable(L, -1);
  collect(L, "metamethod", functions);
  return functions;
}

}  // namespace

lua_CFunction stock_function(const char* library, const char* name) {
  static const Functions functions = collect_all();
  const auto found = functions.find(std::string(library) + "." + name);
  if (found == functions.end()) {
    std::fprintf(stderr, "no function %s.%s in Lua\n", library, name);
    std::abort();
  }
  return found->second;
}

}  // namespace trivium::lua
