#include "modules/hash_module.h"

#include "core/digest.h"
#include "lua/error_object.h"
#include "modules/arguments.h"

namespace trivium::lua {
namespace {

int failure(lua_State* L, const char* message) { return push_failure(L, Error::of(kind::invalid, message)); }

// The bytes, as they are when the argument `raw` is true, else in hexadecimal digits.
int success(lua_State* L, const Result<std::string>& bytes, int raw) {
  if (!bytes) return push_failure(L, bytes.error());
  const bool as_is = lua_isboolean(L, raw) && lua_toboolean(L, raw) != 0;
  push_text(L, as_is ? *bytes : hex(*bytes));
  lua_pushnil(L);
  return 2;
}

template <Digest algorithm>
int hash(lua_State* L) {
  const auto data = strict_string(L, 1);
  if (!data) return failure(L, "data must be a string");
  return success(L, digest(algorithm, *data), 2);
}

template <Digest algorithm>
int hash_with_secret(lua_State* L) {
  const auto data = strict_string(L, 1);
  if (!data) return failure(L, "data must be a string");
  const auto secret = strict_string(L, 2);
  if (!secret) return failure(L, "secret must be a string");
  return success(L, hmac(algorithm, *data, *secret), 3);
}

template <auto sum>
int checksum(lua_State* L) {
  const auto data = strict_string(L, 1);
  if (!data) return failure(L, "data must be a string");
  lua_pushnumber(L, static_cast<lua_Number>(sum(*data)));
  lua_pushnil(L);
  return 2;
}

constexpr luaL_Reg functions[] = {
    {"md5", hash<Digest::md5>},
    {"sha1", hash<Digest::sha1>},
    {"sha256", hash<Digest::sha256>},
    {"sha512", hash<Digest::sha512>},
    {"hmac_md5", hash_with_secret<Digest::md5>},
    {"hmac_sha1", hash_with_secret<Digest::sha1>},
    {"hmac_sha256", hash_with_secret<Digest::sha256>},
    {"hmac_sha512", hash_with_secret<Digest::sha512>},
    {"fnv32", checksum<fnv32>},
    {"fnv64", checksum<fnv64>},
    {nullptr, nullptr},
};

}  // namespace

int open_hash(lua_State* L) {
  lua_createtable(L, 0, static_cast<int>(std::size(functions)));
  luaL_setfuncs(L, functions, 0);
  return 1;
}

}  // namespace trivium::lua
