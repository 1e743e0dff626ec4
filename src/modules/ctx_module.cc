#include "modules/ctx_module.h"

#include <string>

#include "lua/error_object.h"
#include "lua/isolate.h"
#include "modules/arguments.h"

namespace trivium::lua {
namespace {

// As plain data, but every number is a float: what was counted on the way in is not known any more.
void push_context_value(lua_State* L, const Value& value) {
  luaL_checkstack(L, 4, "value is nested too deeply");
  if (value.is_number()) {
    lua_pushnumber(L, value.number());
  } else if (value.is_bool()) {
    lua_pushboolean(L, value.as_bool());
  } else if (value.is_string()) {
    push_text(L, value.as_string());
  } else if (value.is_array()) {
    lua_createtable(L, static_cast<int>(value.as_array().size()), 0);
    lua_Integer i = 0;
    for (const Value& element : value.as_array()) {
      push_context_value(L, element);
      lua_rawseti(L, -2, ++i);
    }
  } else if (value.is_object()) {
    // An allocated hash part marks the table as an object even while it is empty.
    lua_createtable(L, 0, static_cast<int>(value.as_object().size()) + (value.as_object().empty() ? 1 : 0));
    for (const auto& [key, member] : value.as_object()) {
      push_text(L, key);
      push_context_value(L, member);
      lua_rawset(L, -3);
    }
  } else {
    lua_pushnil(L);
  }
}

int get(lua_State* L) {
  const std::string_view key = check_string_like(L, 1);
  if (key.empty()) return push_failure(L, Error::of(kind::invalid, "empty key"));
  const FrameRef& frame = Isolate::from(L).host().frame();
  const Value* value = frame ? frame->values.find(key) : nullptr;
  if (value == nullptr)
    return push_failure(L, Error::of(kind::not_found, "key not found: " + std::string(key)));
  push_context_value(L, *value);
  lua_pushnil(L);
  return 2;
}

int all(lua_State* L) {
  const FrameRef& frame = Isolate::from(L).host().frame();
  push_context_value(L, frame ? Value(frame->values) : Value(Object()));
  lua_pushnil(L);
  return 2;
}

constexpr LibraryField fields[] = {{"get", get}, {"all", all}};
const Library library{fields};

}  // namespace

const Module ctx_module{"ctx", &library, nullptr, true};

}  // namespace trivium::lua
