// json.validate and json.validate_string.
#include <string>
#include <unordered_map>

#include "core/json.h"
#include "core/json_schema/schema.h"
#include "lua/error_object.h"
#include "modules/arguments.h"
#include "modules/json_module.h"
#include "modules/userdata.h"

namespace trivium::lua {
namespace {

// The schemas this Lua state has compiled, by their text.
struct Cache {
  static constexpr size_t most = 100;
  std::unordered_map<std::string, json::Schema> schemas;
};

int cache_text(lua_State* L) {
  lua_pushliteral(L, "json.Schemas{}");
  return 1;
}

constexpr luaL_Reg no_methods[] = {{nullptr, nullptr}};
constexpr UserdataClass cache_class{"json.Schemas", no_methods, cache_text};

Cache& cache_of(lua_State* L) {
  static constexpr char key = 0;
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &key) == LUA_TNIL) {
    lua_pop(L, 1);
    push_userdata(L, cache_class, Cache());
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &key);
  }
  Cache& cache = check_userdata<Cache>(L, -1, cache_class);
  lua_pop(L, 1);
  return cache;
}

int push_refusal(lua_State* L, std::string message) {
  lua_pushboolean(L, 0);
  push_error(L, Error::of(kind::invalid, std::move(message)));
  return 2;
}

Result<json::Schema> compile(lua_State* L, const std::string& text) {
  Cache& cache = cache_of(L);
  if (const auto known = cache.schemas.find(text); known != cache.schemas.end()) return known->second;
  const Result<Value> definition = json::decode(text);
  if (!definition) return trivium::fail(definition.error());
  Result<json::Schema> schema = json::Schema::compile(*definition);
  if (!schema) return schema;
  if (cache.schemas.size() >= Cache::most) cache.schemas.clear();
  cache.schemas.emplace(text, *schema);
  return schema;
}

// The schema at index 1, or why there is none.
Result<json::Schema> read_schema(lua_State* L) {
  if (lua_isnoneornil(L, 1)) return trivium::fail(kind::invalid, "schema is required");
  if (lua_type(L, 1) != LUA_TSTRING && lua_type(L, 1) != LUA_TTABLE)
    return trivium::fail(kind::invalid, "schema must be a string or table");
  const Result<std::string> text =
      lua_type(L, 1) == LUA_TSTRING ? Result<std::string>(*strict_string(L, 1)) : encode_json(L, 1);
  Result<json::Schema> schema = text ? compile(L, *text) : trivium::fail(text.error());
  if (!schema) schema.error().message = "failed to compile schema: " + schema.error().message;
  return schema;
}

int push_verdict(lua_State* L, const std::optional<json::Mismatch>& mismatch) {
  if (mismatch) return push_refusal(L, "evaluation failed: " + mismatch->text("data"));
  lua_pushboolean(L, 1);
  return 1;
}

}  // namespace

Result<Value> to_json(lua_State* L, int index, size_t limit) {
  const Result<std::string> text = encode_json(L, index, limit);
  if (!text) return trivium::fail(text.error());
  return json::decode(*text);
}

int validate_json(lua_State* L) {
  const Result<json::Schema> schema = read_schema(L);
  if (!schema) return push_refusal(L, schema.error().message);
  if (lua_isnoneornil(L, 2)) return push_refusal(L, "data is required");
  const Result<Value> data = to_json(L, 2);
  if (!data) return push_refusal(L, data.error().message);
  return push_verdict(L, schema->check(*data, json::Schema::EmptyList::may_be_a_map));
}

int validate_json_text(lua_State* L) {
  const Result<json::Schema> schema = read_schema(L);
  if (!schema) return push_refusal(L, schema.error().message);
  if (lua_isnoneornil(L, 2)) return push_refusal(L, "data is required");
  const auto text = strict_string(L, 2);
  if (!text) return push_refusal(L, "data must be a JSON string");
  const Result<Value> data = json::decode(*text);
  if (!data) return push_refusal(L, data.error().message);
  return push_verdict(L, schema->check(*data));
}

}  // namespace trivium::lua
