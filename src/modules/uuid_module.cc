#include "modules/uuid_module.h"

#include "core/uuid.h"
#include "lua/error_object.h"
#include "modules/arguments.h"

namespace trivium::lua {
namespace {

int failure(lua_State* L, std::string_view message) {
  return push_failure(L, Error::of(kind::invalid, std::string(message)));
}

int success(lua_State* L, std::string_view text) {
  push_text(L, text);
  lua_pushnil(L);
  return 2;
}

std::optional<Uuid> uuid_argument(lua_State* L) {
  const auto text = strict_string(L, 1);
  return text ? Uuid::parse(*text) : std::nullopt;
}

int invalid_uuid(lua_State* L) {
  return failure(L, lua_type(L, 1) == LUA_TSTRING ? "invalid UUID" : "UUID must be a string");
}

template <Result<Uuid> (*make)(const Uuid&, std::string_view)>
int name_based(lua_State* L) {
  const auto space_text = strict_string(L, 1);
  const auto name = strict_string(L, 2);
  if (!space_text || !name) return failure(L, "namespace and name must be strings");
  const auto space = Uuid::parse(*space_text);
  if (!space) return failure(L, "invalid namespace UUID");
  const auto id = make(*space, *name);
  return id ? success(L, id->text()) : push_failure(L, id.error());
}

int validate(lua_State* L) {
  lua_pushboolean(L, uuid_argument(L).has_value());
  lua_pushnil(L);
  return 2;
}

int version(lua_State* L) {
  const auto id = uuid_argument(L);
  if (!id) return invalid_uuid(L);
  lua_pushinteger(L, id->version());
  lua_pushnil(L);
  return 2;
}

int variant(lua_State* L) {
  const auto id = uuid_argument(L);
  return id ? success(L, id->variant()) : invalid_uuid(L);
}

int parse(lua_State* L) {
  const auto id = uuid_argument(L);
  if (!id) return invalid_uuid(L);
  lua_createtable(L, 0, 4);
  lua_pushinteger(L, id->version());
  lua_setfield(L, -2, "version");
  push_text(L, id->variant());
  lua_setfield(L, -2, "variant");
  if (const auto seconds = id->unix_seconds()) {
    lua_pushinteger(L, *seconds);
    lua_setfield(L, -2, "timestamp");
  }
  if (const auto node = id->node()) {
    push_text(L, *node);
    lua_setfield(L, -2, "node");
  }
  lua_pushnil(L);
  return 2;
}

int format(lua_State* L) {
  const auto id = uuid_argument(L);
  if (!id) return invalid_uuid(L);
  const auto style = strict_string(L, 2);
  if (!style) return failure(L, "format must be a string");
  if (*style == "standard") return success(L, id->text(Uuid::Style::standard));
  if (*style == "simple") return success(L, id->text(Uuid::Style::simple));
  if (*style == "urn") return success(L, id->text(Uuid::Style::urn));
  return failure(L, "unsupported format: " + std::string(*style));
}

constexpr luaL_Reg functions[] = {
    {"v3", name_based<Uuid::v3>}, {"v5", name_based<Uuid::v5>}, {"validate", validate},
    {"version", version},         {"variant", variant},         {"parse", parse},
    {"format", format},           {nullptr, nullptr},
};

}  // namespace

int open_uuid(lua_State* L) {
  lua_createtable(L, 0, static_cast<int>(std::size(functions)) + 3);
  luaL_setfuncs(L, functions, 0);
  return 1;
}

}  // namespace trivium::lua
