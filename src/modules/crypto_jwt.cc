#include "core/jwt.h"
#include "lua/error_object.h"
#include "lua/isolate.h"
#include "lua/plain_data.h"
#include "modules/arguments.h"
#include "modules/crypto_parts.h"

namespace trivium::lua {
namespace {

constexpr std::string_view usual_algorithm = "HS256";

int encode(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  const std::string_view key = check_string_like(L, 2);
  // Applications count on it: a name that is not known stands for the usual one.
  const jwt::Algorithm algorithm =
      jwt::algorithm_named(optional_string(L, 3, usual_algorithm)).value_or(jwt::Algorithm::hs256);
  Result<Value> claims = to_plain(L, 1);
  if (!claims) return push_failure(L, claims.error());
  if (!claims->is_object()) {
    return push_failure(L, Error::of(kind::invalid, "claims must be a table with names, not a list"));
  }
  const Result<std::string> token = jwt::encode(std::move(claims->as_object()), key, algorithm);
  if (!token) return push_failure(L, token.error());
  push_text(L, *token);
  lua_pushnil(L);
  return 2;
}

bool optional_boolean(lua_State* L, int index, bool fallback) {
  if (lua_isnoneornil(L, index)) return fallback;
  luaL_checktype(L, index, LUA_TBOOLEAN);
  return lua_toboolean(L, index) != 0;
}

int verify(lua_State* L) {
  const std::string_view token = check_string_like(L, 1);
  const std::string_view key = check_string_like(L, 2);
  const std::string_view name = optional_string(L, 3, usual_algorithm);
  const bool require_exp = optional_boolean(L, 4, true);
  // Here nothing may stand for anything else.
  const auto algorithm = jwt::algorithm_named(name);
  if (!algorithm) {
    return push_failure(L, Error::of(kind::internal, "algorithm must be HS256, HS384, HS512 or RS256, got " +
                                                         std::string(name)));
  }
  const Result<Object> claims =
      jwt::verify(token, key, {*algorithm, require_exp, Isolate::from(L).host().now_ns()});
  if (!claims) return push_failure(L, claims.error());
  push_plain(L, *claims);
  lua_pushnil(L);
  return 2;
}

constexpr LibraryField fields[] = {{"encode", encode}, {"verify", verify}};

}  // namespace

const Library crypto_jwt{fields};

}  // namespace trivium::lua
