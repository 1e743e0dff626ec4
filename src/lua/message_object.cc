#include "lua/message_object.h"

#include <algorithm>
#include <new>
#include <string>

#include "core/json.h"
#include "lua/codec.h"
#include "lua/error_object.h"
#include "lua/plain_data.h"

namespace trivium::lua {
namespace {

void push_text(lua_State* L, std::string_view text) { lua_pushlstring(L, text.data(), text.size()); }

const Message& check_message(lua_State* L) {
  return *static_cast<const Message*>(luaL_checkudata(L, 1, message_metatable));
}

int message_topic(lua_State* L) {
  push_text(L, check_message(L).topic);
  return 1;
}

int message_from(lua_State* L) {
  push_text(L, check_message(L).from.text());
  return 1;
}

int message_payload(lua_State* L) {
  const Values& values = check_message(L).values;
  if (values.count == 0) {
    lua_pushnil(L);
    return 1;
  }
  const int count = static_cast<int>(values.count);
  push_values(L, values);
  if (count == 1) {
    wrap_payload(L, payload_format::lua);
    return 1;
  }
  lua_createtable(L, count, 0);
  lua_insert(L, -count - 1);
  const int table = lua_gettop(L) - count;
  for (int i = count; i >= 1; --i) {
    wrap_payload(L, payload_format::lua);
    lua_rawseti(L, table, i);
  }
  return 1;
}

int message_tostring(lua_State* L) {
  push_text(L, "process.Message{topic=" + check_message(L).topic + "}");
  return 1;
}

int message_gc(lua_State* L) {
  static_cast<Message*>(lua_touserdata(L, 1))->~Message();
  return 0;
}

struct Payload {
  std::string_view format;  // one of payload_format: static text
};

// Text, bytes: the decimal or plain text of scalars. JSON, YAML: documents.
int payload_data(lua_State* L) {
  const std::string_view format = unwrap_payload(L, 1);
  if (format == payload_format::error) {
    lua_pop(L, 1);
    return push_failure(L, Error::of(kind::internal, "no transcoding path found"));
  }
  if (format == payload_format::json) {
    size_t length = 0;
    const char* text = lua_tolstring(L, -1, &length);
    Result<Value> decoded = json::decode({text, length});
    if (!decoded) return push_failure(L, decoded.error());
    push_plain(L, *decoded);
  }
  return 1;
}

int payload_get_format(lua_State* L) {
  push_text(L, unwrap_payload(L, 1));
  return 1;
}

std::string scalar_text(lua_State* L, int index) {
  return lua_isnil(L, index) ? std::string() : describe(L, index);
}

int payload_transcode(lua_State* L) {
  const std::string_view to = luaL_checkstring(L, 2);
  const std::string_view from = unwrap_payload(L, 1);
  constexpr std::string_view known[] = {payload_format::lua, payload_format::json, payload_format::string,
                                        payload_format::bytes, payload_format::plain};
  const auto* target = std::find(std::begin(known), std::end(known), to);
  if (from == payload_format::error || target == std::end(known)) {
    return push_failure(L, Error::of(kind::internal, "no transcoding path found"));
  }
  if (from == payload_format::json && to != from) {
    lua_pop(L, 1);
    lua_settop(L, 1);
    if (payload_data(L) == 2) return 2;
  }
  if (to == payload_format::json && from != to) {
    Result<Value> plain = to_plain(L, -1);
    Result<std::string> text = plain ? json::encode(*plain) : trivium::fail(plain.error());
    if (!text)
      return push_failure(L, Error::of(kind::internal, "error transcoding payload: " + text.error().message));
    push_text(L, *text);
  } else if (to == payload_format::string || to == payload_format::bytes) {
    push_text(L, scalar_text(L, -1));
  }
  wrap_payload(L, *target);
  lua_pushnil(L);
  return 2;
}

int payload_tostring(lua_State* L) {
  push_text(L, "payload{format=" + std::string(unwrap_payload(L, 1)) + "}");
  return 1;
}

void set_metatable(lua_State* L, const char* name, const luaL_Reg* methods, const luaL_Reg* meta) {
  if (luaL_newmetatable(L, name) != 0) {
    lua_newtable(L);
    luaL_setfuncs(L, methods, 0);
    lua_setfield(L, -2, "__index");
    luaL_setfuncs(L, meta, 0);
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
  }
  lua_setmetatable(L, -2);
}

}  // namespace

void push_message_object(lua_State* L, const Message& message) {
  void* memory = lua_newuserdatauv(L, sizeof(Message), 0);
  new (memory) Message(message);
  static const luaL_Reg methods[] = {
      {"topic", message_topic}, {"from", message_from}, {"payload", message_payload}, {nullptr, nullptr}};
  static const luaL_Reg meta[] = {{"__tostring", message_tostring}, {"__gc", message_gc}, {nullptr, nullptr}};
  set_metatable(L, message_metatable, methods, meta);
}

void wrap_payload(lua_State* L, std::string_view format) {
  auto* payload = static_cast<Payload*>(lua_newuserdatauv(L, sizeof(Payload), 1));
  payload->format = format;
  lua_insert(L, -2);
  lua_setiuservalue(L, -2, 1);
  static const luaL_Reg methods[] = {{"get_format", payload_get_format},
                                     {"data", payload_data},
                                     {"unmarshal", payload_data},
                                     {"transcode", payload_transcode},
                                     {nullptr, nullptr}};
  static const luaL_Reg meta[] = {{"__tostring", payload_tostring}, {nullptr, nullptr}};
  set_metatable(L, payload_metatable, methods, meta);
}

std::string_view unwrap_payload(lua_State* L, int index) {
  const auto* payload = static_cast<const Payload*>(luaL_checkudata(L, index, payload_metatable));
  const std::string_view format = payload->format;
  lua_getiuservalue(L, index, 1);
  return format;
}

}  // namespace trivium::lua
