// `math`: stock functions, the ones of Lua 5.1 that 5.4 dropped, and random numbers from the host.
#include <cmath>
#include <cstdint>
#include <limits>

#include "lua/sandbox/libraries.h"
#include "lua/sandbox/sandbox.h"
#include "lua/sandbox/stock.h"

namespace trivium::lua {
namespace {

template <double (*function)(double)>
int unary(lua_State* L) {
  lua_pushnumber(L, function(luaL_checknumber(L, 1)));
  return 1;
}

template <double (*function)(double, double)>
int binary(lua_State* L) {
  const lua_Number left = luaL_checknumber(L, 1);
  lua_pushnumber(L, function(left, luaL_checknumber(L, 2)));
  return 1;
}

// C's remainder: sign of the dividend, NaN for a zero divisor. Integers stay exact.
int math_fmod(lua_State* L) {
  static const lua_CFunction stock = stock_function("math", "fmod");
  if (lua_isinteger(L, 1) != 0 && lua_isinteger(L, 2) != 0 && lua_tointeger(L, 2) != 0) return stock(L);
  return binary<std::fmod>(L);
}

int math_frexp(lua_State* L) {
  int exponent = 0;
  lua_pushnumber(L, std::frexp(luaL_checknumber(L, 1), &exponent));
  lua_pushinteger(L, exponent);
  return 2;
}

int math_ldexp(lua_State* L) {
  const lua_Number mantissa = luaL_checknumber(L, 1);
  const lua_Number exponent = luaL_checknumber(L, 2);
  // Beyond this every result is zero or infinite.
  const double bounded = std::isnan(exponent) ? 0 : std::fmax(-5000, std::fmin(5000, exponent));
  lua_pushnumber(L, std::ldexp(mantissa, static_cast<int>(bounded)));
  return 1;
}

// A bound of random(): fractions are cut.
lua_Integer check_bound(lua_State* L, int arg) {
  int is_integer = 0;
  const lua_Integer exact = lua_tointegerx(L, arg, &is_integer);
  if (is_integer != 0) return exact;
  const lua_Number number = std::trunc(luaL_checknumber(L, arg));
  luaL_argcheck(L, number >= -0x1p63 && number < 0x1p63, arg, "number has no integer representation");
  return static_cast<lua_Integer>(number);
}

// Uniform in [0, limit]: draws below the smallest all-ones mask until one fits.
uint64_t draw_up_to(lua_State* L, const SandboxHooks& hooks, uint64_t limit) {
  uint64_t mask = limit;
  for (const int shift : {1, 2, 4, 8, 16, 32}) mask |= mask >> shift;
  uint64_t drawn = hooks.random(L) & mask;
  while (drawn > limit) drawn = hooks.random(L) & mask;
  return drawn;
}

int math_random(lua_State* L) {
  const SandboxHooks& hooks = sandbox_hooks(L);
  const int arguments = lua_gettop(L);
  if (arguments == 0) {
    lua_pushnumber(L, static_cast<double>(hooks.random(L) >> 11) * 0x1p-53);
    return 1;
  }
  const lua_Integer low = arguments >= 2 ? check_bound(L, 1) : 1;
  const lua_Integer high = check_bound(L, arguments >= 2 ? 2 : 1);
  luaL_argcheck(L, low <= high, arguments >= 2 ? 2 : 1, "interval is empty");
  const uint64_t width = static_cast<uint64_t>(high) - static_cast<uint64_t>(low);
  const uint64_t drawn = static_cast<uint64_t>(low) + draw_up_to(L, hooks, width);  // wraps around
  lua_pushinteger(L, static_cast<lua_Integer>(drawn));
  return 1;
}

// Seeding is the host's business: it keeps workflows repeatable.
int math_randomseed(lua_State*) { return 0; }

void push_huge(lua_State* L) { lua_pushnumber(L, std::numeric_limits<double>::infinity()); }
void push_pi(lua_State* L) { lua_pushnumber(L, 3.141592653589793238); }
void push_max(lua_State* L) { lua_pushinteger(L, LUA_MAXINTEGER); }
void push_min(lua_State* L) { lua_pushinteger(L, LUA_MININTEGER); }

LibraryField stock(const char* name) { return {name, stock_function("math", name)}; }

}  // namespace

const Library& math_library() {
  static const LibraryField fields[] = {
      stock("abs"),
      stock("acos"),
      stock("asin"),
      stock("atan"),
      {"atan2", binary<std::atan2>},
      stock("ceil"),
      stock("cos"),
      {"cosh", unary<std::cosh>},
      stock("deg"),
      stock("exp"),
      stock("floor"),
      {"fmod", math_fmod},
      {"frexp", math_frexp},
      {"huge", nullptr, push_huge},
      {"ldexp", math_ldexp},
      stock("log"),
      {"log10", unary<std::log10>},
      stock("max"),
      {"maxinteger", nullptr, push_max},
      stock("min"),
      {"mininteger", nullptr, push_min},
      {"mod", math_fmod},
      stock("modf"),
      {"pi", nullptr, push_pi},
      {"pow", binary<std::pow>},
      stock("rad"),
      {"random", math_random},
      {"randomseed", math_randomseed},
      stock("sin"),
      {"sinh", unary<std::sinh>},
      stock("sqrt"),
      stock("tan"),
      {"tanh", unary<std::tanh>},
      stock("tointeger"),
      stock("type"),
      stock("ult"),
  };
  static const Library library{fields};
  return library;
}

}  // namespace trivium::lua
