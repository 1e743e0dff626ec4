// `string`: stock functions behind a check that turns error objects into their text, and the
// functions whose behaviour differs.
#include <array>
#include <cctype>
#include <iterator>
#include <string>
#include <string_view>

#include "lua/sandbox/frozen.h"
#include "lua/sandbox/libraries.h"
#include "lua/sandbox/stock.h"
#include "lua/sandbox/string_functions.h"
#include "lua/sandbox/text_argument.h"

namespace trivium::lua {
namespace {

// The stock function `name`, whose first `texts` arguments are strings.
template <Literal name, int texts>
int stock_with_text(lua_State* L) {
  static const lua_CFunction function = stock_function("string", name.text);
  for (int arg = 1; arg <= texts; ++arg) {
    if (lua_type(L, arg) == LUA_TUSERDATA) flatten_error(L, arg);
  }
  return function(L);
}

// Stock Lua would copy an empty text as often as it is told, which nothing could interrupt.
int string_rep(lua_State* L) {
  static const lua_CFunction rep = stock_function("string", "rep");
  const bool has_text = !to_string_argument(L, 1).empty();
  luaL_checkinteger(L, 2);
  const bool has_separator = !lua_isnoneornil(L, 3) && !to_string_argument(L, 3).empty();
  if (has_text || has_separator) return rep(L);
  lua_pushliteral(L, "");
  return 1;
}

// string.pack takes text anywhere.
int string_pack(lua_State* L) {
  static const lua_CFunction pack = stock_function("string", "pack");
  for (int arg = lua_gettop(L); arg > 0; --arg) flatten_error(L, arg);
  return pack(L);
}

int string_find(lua_State* L) {
  to_string_argument(L, 1);
  if (to_string_argument(L, 2).empty()) {  // found at the start, wherever the search begins
    lua_pushinteger(L, 1);
    lua_pushinteger(L, 0);
    return 2;
  }
  static const lua_CFunction find = stock_function("string", "find");
  return find(L);
}

// A "%" that stands for nothing means itself; stock Lua would refuse it.
std::string escape_lone_percents(std::string_view replacement) {
  std::string escaped;
  escaped.reserve(replacement.size() + 8);
  for (size_t i = 0; i < replacement.size(); ++i) {
    escaped += replacement[i];
    if (replacement[i] != '%') continue;
    const char next = i + 1 < replacement.size() ? replacement[i + 1] : '\0';
    if (next == '%' || std::isdigit(static_cast<unsigned char>(next)) != 0) {
      escaped += next;
      ++i;
    } else {
      escaped += '%';
    }
  }
  return escaped;
}

int string_gsub(lua_State* L) {
  static const lua_CFunction gsub = stock_function("string", "gsub");
  for (int arg = 1; arg <= 3; ++arg) flatten_error(L, arg);
  if (lua_type(L, 3) == LUA_TSTRING) {
    size_t length = 0;
    const char* data = lua_tolstring(L, 3, &length);
    const std::string_view replacement(data, length);
    if (replacement.find('%') != std::string_view::npos) {
      const std::string escaped = escape_lone_percents(replacement);
      lua_pushlstring(L, escaped.data(), escaped.size());
      lua_replace(L, 3);
    }
  }
  return gsub(L);
}

int string_dump(lua_State* L) { return luaL_error(L, "unable to dump given function"); }

// --- methods of string values -----------------------------------------------------------------

// __index of strings until the library is first needed, which replaces it.
int first_string_index(lua_State* L) {
  push_string_library(L);
  // Let the global be the same table, unless the program has put something else there.
  lua_pushglobaltable(L);
  lua_pushliteral(L, "string");
  lua_pushvalue(L, -1);
  if (lua_rawget(L, -3) == LUA_TNIL) {
    lua_pop(L, 1);
    lua_pushvalue(L, 3);
    lua_rawset(L, 4);
  }
  lua_settop(L, 3);
  lua_pushvalue(L, 2);
  lua_gettable(L, 3);
  return 1;
}

}  // namespace

void install_string_metatable(lua_State* L) {
  // Eight slots, no more: the list of events is what makes "10" + 1 work.
  static constexpr const char* events[] = {"__add", "__sub", "__mul", "__div", "__mod", "__pow", "__unm"};
  static const auto functions = [] {
    std::array<lua_CFunction, std::size(events)> found{};
    for (size_t i = 0; i < found.size(); ++i) found[i] = stock_function("metamethod", events[i]);
    return found;
  }();
  lua_pushliteral(L, "");
  lua_createtable(L, 0, static_cast<int>(std::size(events)) + 1);
  for (size_t i = 0; i < functions.size(); ++i) {
    lua_pushstring(L, events[i]);
    lua_pushcfunction(L, functions[i]);
    lua_rawset(L, -3);
  }
  lua_pushliteral(L, "__index");
  lua_pushcfunction(L, first_string_index);
  lua_rawset(L, -3);
  lua_setmetatable(L, -2);
  lua_pop(L, 1);
}

void push_string_library(lua_State* L) {
  push_library(L, string_library());
  // Methods skip the frozen table and look straight into what it hides, which stays lazy.
  lua_pushliteral(L, "");
  lua_getmetatable(L, -1);
  lua_pushliteral(L, "__index");
  lua_getmetatable(L, -4);
  lua_pushliteral(L, "__index");
  lua_rawget(L, -2);
  lua_remove(L, -2);
  lua_rawset(L, -3);
  lua_pop(L, 2);
}

const Library& string_library() {
  static const LibraryField fields[] = {
      {"byte", stock_with_text<"byte", 1>},
      {"char", stock_with_text<"char", 0>},
      {"dump", string_dump},
      {"find", string_find},
      {"format", string_format},
      {"gfind", stock_with_text<"gmatch", 2>},
      {"gmatch", stock_with_text<"gmatch", 2>},
      {"gsub", string_gsub},
      {"len", stock_with_text<"len", 1>},
      {"lower", string_lower},
      {"match", stock_with_text<"match", 2>},
      {"pack", string_pack},
      {"packsize", stock_with_text<"packsize", 1>},
      {"rep", string_rep},
      {"reverse", stock_with_text<"reverse", 1>},
      {"sub", stock_with_text<"sub", 1>},
      {"unpack", stock_with_text<"unpack", 2>},
      {"upper", string_upper},
  };
  static const Library library{fields};
  return library;
}

}  // namespace trivium::lua
