// Base functions. Where the dialect agrees with stock Lua the stock function is used; the others
// read raw and see through frozen tables.
#include <cctype>
#include <string_view>

#include "lua/sandbox/frozen.h"
#include "lua/sandbox/globals.h"
#include "lua/sandbox/libraries.h"
#include "lua/sandbox/sandbox.h"
#include "lua/sandbox/stock.h"

namespace trivium::lua {
namespace {

bool is_lazy_globals(lua_State* L, int index) {
  if (lua_getmetatable(L, index) == 0) return false;
  lua_pushliteral(L, "__newindex");
  lua_rawget(L, -2);
  const bool lazy = lua_tocfunction(L, -1) == lazy_globals_guard;
  lua_pop(L, 2);
  return lazy;
}

// --- walking ----------------------------------------------------------------------------------

int next_plain(lua_State* L) {
  lua_settop(L, 2);
  if (lua_next(L, 1) != 0) return 2;
  lua_pushnil(L);
  return 1;
}

int base_next(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  see_through(L, 1);
  return next_plain(L);
}

int base_pairs(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  // The check for frozen tables is made once a loop, not once a step.
  lua_pushcfunction(L, is_frozen(L, 1) ? base_next : next_plain);
  if (is_lazy_globals(L, 1)) complete_globals(L);
  lua_pushvalue(L, 1);
  lua_pushnil(L);
  return 3;
}

int ipairs_step(lua_State* L) {
  const lua_Integer i = lua_tointeger(L, 2) + 1;
  lua_pushinteger(L, i);
  return lua_rawgeti(L, 1, i) == LUA_TNIL ? 1 : 2;
}

int ipairs_step_frozen(lua_State* L) {
  see_through(L, 1);
  return ipairs_step(L);
}

int base_ipairs(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_pushcfunction(L, is_frozen(L, 1) ? ipairs_step_frozen : ipairs_step);
  lua_pushvalue(L, 1);
  lua_pushinteger(L, 0);
  return 3;
}

// --- raw access and metatables ----------------------------------------------------------------

int base_rawget(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  luaL_checkany(L, 2);
  lua_settop(L, 2);
  if (is_lazy_globals(L, 1)) {
    lua_gettable(L, 1);
    return 1;
  }
  see_through(L, 1);
  lua_rawget(L, 1);
  return 1;
}

int base_rawset(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  luaL_checkany(L, 2);
  luaL_checkany(L, 3);
  lua_settop(L, 3);
  if (is_frozen(L, 1)) return luaL_error(L, "attempt to modify Immutable table");
  if (lua_isnil(L, 3) && is_lazy_globals(L, 1)) complete_globals(L);
  lua_rawset(L, 1);
  return 1;
}

int base_getmetatable(lua_State* L) {
  luaL_checkany(L, 1);
  lua_settop(L, 1);
  if (lua_type(L, 1) == LUA_TSTRING) {
    lua_getglobal(L, "string");
    return 1;
  }
  if (lua_getmetatable(L, 1) == 0 || is_lazy_globals(L, 1)) {
    lua_pushnil(L);
    return 1;
  }
  if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL) return 1;
  if (is_frozen(L, 1)) push_metatable_of_frozen(L, 1);
  return 1;
}

// Sets the metatable without arming a finalizer: the dialect has none, and code that runs while a
// state closes could not be stopped.
void set_metatable_without_finalizer(lua_State* L) {
  lua_pushliteral(L, "__gc");
  if (lua_isnil(L, 2) || lua_rawget(L, 2) == LUA_TNIL) {
    lua_settop(L, 2);
    lua_setmetatable(L, 1);
    return;
  }
  lua_pushliteral(L, "__gc");
  lua_pushnil(L);
  lua_rawset(L, 2);
  lua_pushvalue(L, 2);
  lua_setmetatable(L, 1);
  lua_pushliteral(L, "__gc");
  lua_pushvalue(L, 3);
  lua_rawset(L, 2);
}

int base_setmetatable(lua_State* L) {
  luaL_argexpected(L, !lua_isnoneornil(L, 1), 1, "table");
  const int type = lua_type(L, 2);
  luaL_argexpected(L, type == LUA_TNIL || type == LUA_TTABLE, 2, "nil or table");
  lua_settop(L, 2);
  if (!lua_istable(L, 1)) {  // other values have no metatables of their own to set
    lua_settop(L, 1);
    return 1;
  }
  if (is_frozen(L, 1) || luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL) {
    return luaL_error(L, "cannot change a protected metatable");
  }
  if (is_lazy_globals(L, 1)) complete_globals(L);
  set_metatable_without_finalizer(L);
  lua_settop(L, 1);
  return 1;
}

// --- values -----------------------------------------------------------------------------------

int base_type(lua_State* L) {
  luaL_checkany(L, 1);
  const int type = lua_type(L, 1);
  if (type == LUA_TTABLE || type == LUA_TUSERDATA) {
    const auto is_type_value = sandbox_hooks(L).is_type_value;
    if (is_type_value != nullptr && is_type_value(L, 1)) {
      lua_pushliteral(L, "type");
      return 1;
    }
  }
  lua_pushstring(L, lua_typename(L, type));
  return 1;
}

int base_assert(lua_State* L) {
  if (lua_toboolean(L, 1) != 0) return lua_gettop(L);
  luaL_checkany(L, 1);
  if (lua_isnoneornil(L, 2)) return luaL_error(L, "assertion failed!");
  lua_settop(L, 2);
  if (lua_isstring(L, 2)) {
    luaL_where(L, 1);
    lua_pushvalue(L, 2);
    lua_concat(L, 2);
  }
  return lua_error(L);
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view space = " \t\n\r\f\v";
  const size_t first = text.find_first_not_of(space);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(space) - first + 1);
}

int digit_value(char c) {
  const auto byte = static_cast<unsigned char>(c);
  if (std::isdigit(byte) != 0) return byte - '0';
  if (std::isalpha(byte) != 0) return std::tolower(byte) - 'a' + 10;
  return 99;
}

// Pushes the integer written in `base`, or nil.
void push_integer(lua_State* L, std::string_view text, lua_Integer base) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  lua_Unsigned number = 0;
  for (const char c : text) {
    const int digit = digit_value(c);
    if (digit >= base) return lua_pushnil(L);
    number = number * static_cast<lua_Unsigned>(base) + static_cast<lua_Unsigned>(digit);
  }
  if (text.empty()) return lua_pushnil(L);
  lua_pushinteger(L, static_cast<lua_Integer>(negative ? 0U - number : number));
}

int base_tonumber(lua_State* L) {
  luaL_checkany(L, 1);
  const int type = lua_type(L, 1);
  if (type == LUA_TNUMBER) {
    lua_settop(L, 1);
    return 1;
  }
  if (type != LUA_TSTRING) {
    lua_pushnil(L);
    return 1;
  }
  size_t length = 0;
  const char* data = lua_tolstring(L, 1, &length);
  const std::string_view text(data, length);
  int has_base = 0;
  const lua_Integer base = lua_tointegerx(L, 2, &has_base);
  const bool plain = has_base == 0 || base == 10 || text.find('.') != std::string_view::npos;
  if (plain) {
    if (lua_stringtonumber(L, data) != length + 1) lua_pushnil(L);
  } else if (base < 2 || base > 36) {
    lua_pushnil(L);
  } else {
    push_integer(L, trimmed(text), base);
  }
  return 1;
}

// --- what the global table holds --------------------------------------------------------------

void push_globals(lua_State* L) { lua_pushglobaltable(L); }
void push_version(lua_State* L) { lua_pushliteral(L, "Lua 5.3 - Wippy Modification"); }

template <const Library& (*library)()>
void push_standard(lua_State* L) {
  push_library(L, library());
}

}  // namespace

const Library& base_library() {
  static const LibraryField fields[] = {
      {"_G", nullptr, push_globals},
      {"_VERSION", nullptr, push_version},
      {"assert", base_assert},
      {"error", stock_function("_G", "error")},
      {"getmetatable", base_getmetatable},
      {"ipairs", base_ipairs},
      {"math", nullptr, push_standard<math_library>},
      {"next", base_next},
      {"os", nullptr, push_standard<os_library>},
      {"package", nullptr, push_standard<package_library>},
      {"pairs", base_pairs},
      {"pcall", stock_function("_G", "pcall")},
      {"rawequal", stock_function("_G", "rawequal")},
      {"rawget", base_rawget},
      {"rawset", base_rawset},
      {"select", stock_function("_G", "select")},
      {"setmetatable", base_setmetatable},
      {"string", nullptr, push_string_library},
      {"table", nullptr, push_standard<table_library>},
      {"tonumber", base_tonumber},
      {"tostring", stock_function("_G", "tostring")},
      {"type", base_type},
      {"unpack", table_unpack},
      {"xpcall", stock_function("_G", "xpcall")},
  };
  static const Library library{fields};
  return library;
}

}  // namespace trivium::lua
