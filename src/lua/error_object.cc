#include "lua/error_object.h"

#include <cstdlib>
#include <new>

#include "lua/plain_data.h"

namespace trivium::lua {
namespace {

const Error& check_error(lua_State* L, int index) {
  return *static_cast<const Error*>(luaL_checkudata(L, index, error_metatable));
}

void push_text(lua_State* L, std::string_view text) { lua_pushlstring(L, text.data(), text.size()); }

// The lines a traceback shows for this position, in Lua's own words.
std::string capture_stack(lua_State* L) {
  std::string lines;
  lua_Debug frame;
  for (int level = 1; lua_getstack(L, level, &frame) != 0 && level < 32; ++level) {
    lua_getinfo(L, "Sln", &frame);
    if (frame.currentline <= 0) continue;
    lines += "  " + std::string(frame.short_src) + ":" + std::to_string(frame.currentline);
    lines += " (" + std::string(frame.name != nullptr ? frame.name : "main chunk") + ")\n";
  }
  return lines;
}

int error_kind(lua_State* L) {
  push_text(L, check_error(L, 1).kind);
  return 1;
}

int error_message(lua_State* L) {
  push_text(L, check_error(L, 1).message);
  return 1;
}

int error_retryable(lua_State* L) {
  const Error& error = check_error(L, 1);
  if (error.retryable) {
    lua_pushboolean(L, *error.retryable);
  } else {
    lua_pushnil(L);
  }
  return 1;
}

int error_details(lua_State* L) {
  const Error& error = check_error(L, 1);
  if (error.details.is_object() && error.details.as_object().empty()) {
    lua_pushnil(L);
  } else {
    push_plain(L, error.details);
  }
  return 1;
}

int error_stack(lua_State* L) {
  const Error& error = check_error(L, 1);
  push_text(L, error.context.empty() ? error.stack : error.context + "\n" + error.stack);
  return 1;
}

int error_gc(lua_State* L) {
  static_cast<Error*>(lua_touserdata(L, 1))->~Error();
  return 0;
}

std::string operand_text(lua_State* L, int index) { return describe(L, index); }

int error_concat(lua_State* L) {
  push_text(L, operand_text(L, 1) + operand_text(L, 2));
  return 1;
}

int error_newindex(lua_State* L) { return luaL_error(L, "attempt to modify an error object"); }

void push_metatable(lua_State* L) {
  if (luaL_newmetatable(L, error_metatable) == 0) return;
  static const luaL_Reg methods[] = {{"kind", error_kind},           {"message", error_message},
                                     {"retryable", error_retryable}, {"details", error_details},
                                     {"stack", error_stack},         {nullptr, nullptr}};
  luaL_newlib(L, methods);
  lua_setfield(L, -2, "__index");
  static const luaL_Reg meta[] = {{"__tostring", error_message},
                                  {"__concat", error_concat},
                                  {"__newindex", error_newindex},
                                  {"__gc", error_gc},
                                  {nullptr, nullptr}};
  luaL_setfuncs(L, meta, 0);
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
}

int errors_new(lua_State* L) {
  Error error;
  if (lua_type(L, 1) == LUA_TSTRING || lua_type(L, 1) == LUA_TNUMBER) {
    error.message = describe(L, 1);
  } else if (lua_type(L, 1) == LUA_TTABLE) {
    lua_getfield(L, 1, "message");
    if (lua_isnil(L, -1)) return luaL_error(L, "message field is required");
    if (lua_type(L, -1) != LUA_TSTRING) return luaL_error(L, "message must be a string");
    error.message = describe(L, -1);
    if (lua_getfield(L, 1, "kind") == LUA_TSTRING) error.kind = describe(L, -1);
    if (lua_getfield(L, 1, "retryable") == LUA_TBOOLEAN) error.retryable = lua_toboolean(L, -1) != 0;
    if (lua_getfield(L, 1, "details") == LUA_TTABLE) error.details = to_details(L, -1);
  } else {
    return luaL_error(L, "expected string or table");
  }
  error.stack = capture_stack(L);
  push_error(L, error);
  return 1;
}

int errors_wrap(lua_State* L) {
  Error error;
  if (const Error* cause = test_error(L, 1)) {
    error = *cause;
    error.message = full_text(*cause);
  } else if (lua_type(L, 1) == LUA_TSTRING) {
    error.message = describe(L, 1);
    error.stack = capture_stack(L);
  } else {
    return luaL_error(L, "bad argument #1 to 'wrap' (error or string expected, got %s)", luaL_typename(L, 1));
  }
  if (test_error(L, 2) == nullptr && lua_type(L, 2) != LUA_TSTRING && lua_type(L, 2) != LUA_TNUMBER) {
    return luaL_error(L, "bad argument #2 to 'wrap' (string expected, got %s)", luaL_typename(L, 2));
  }
  error.context = describe(L, 2);
  push_error(L, error);
  return 1;
}

int errors_is(lua_State* L) {
  const Error* error = test_error(L, 1);
  size_t length = 0;
  const char* kind = luaL_checklstring(L, 2, &length);
  lua_pushboolean(L, error != nullptr && error->kind == std::string_view(kind, length));
  return 1;
}

// The captured lines as a table of frames: "  source:line (name)" each.
int errors_call_stack(lua_State* L) {
  const Error* error = test_error(L, 1);
  if (error == nullptr || error->stack.empty()) {
    lua_pushnil(L);
    return 1;
  }
  const std::string stack = error->stack;
  lua_createtable(L, 0, 2);
  lua_pushliteral(L, "main");
  lua_setfield(L, -2, "thread");
  lua_newtable(L);
  lua_Integer level = 0;
  for (size_t at = 0; at < stack.size();) {
    const size_t end = stack.find('\n', at);
    const std::string_view line = std::string_view(stack).substr(at, end - at);
    at = end == std::string::npos ? stack.size() : end + 1;
    const size_t open = line.rfind(" (");
    const size_t colon = line.rfind(':', open);
    if (line.size() < 3 || open == std::string_view::npos || colon == std::string_view::npos) continue;
    lua_createtable(L, 0, 5);
    lua_pushinteger(L, level);
    lua_setfield(L, -2, "level");
    push_text(L, line.substr(2, colon - 2));
    lua_setfield(L, -2, "source");
    lua_pushinteger(L, std::atoi(std::string(line.substr(colon + 1, open - colon - 1)).c_str()));
    lua_setfield(L, -2, "line");
    push_text(L, line.substr(open + 2, line.size() - open - 3));
    lua_setfield(L, -2, "name");
    lua_pushliteral(L, "Lua");
    lua_setfield(L, -2, "type");
    lua_rawseti(L, -2, ++level);
  }
  lua_setfield(L, -2, "frames");
  return 1;
}

}  // namespace

void push_error(lua_State* L, const Error& error) {
  luaL_checkstack(L, 4, "too many values");
  void* memory = lua_newuserdatauv(L, sizeof(Error), 0);
  new (memory) Error(error);
  push_metatable(L);
  lua_setmetatable(L, -2);
}

const Error* test_error(lua_State* L, int index) {
  return static_cast<const Error*>(luaL_testudata(L, index, error_metatable));
}

int push_failure(lua_State* L, const Error& error) {
  lua_pushnil(L);
  push_error(L, error);
  return 2;
}

Error raised_error(lua_State* L, int index) {
  if (const Error* error = test_error(L, index)) {
    Error copy = *error;
    if (copy.kind.empty()) copy.kind = kind::internal;
    return copy;
  }
  return Error::unspecified(kind::internal, describe(L, index));
}

std::string full_text(const Error& error) {
  return error.context.empty() ? error.message : error.context + ": " + error.message;
}

namespace {

template <const std::string_view& text>
void push_kind(lua_State* L) {
  push_text(L, text);
}

constexpr LibraryField fields[] = {
    {"new", errors_new},
    {"wrap", errors_wrap},
    {"is", errors_is},
    {"call_stack", errors_call_stack},
    {"NOT_FOUND", nullptr, push_kind<kind::not_found>},
    {"ALREADY_EXISTS", nullptr, push_kind<kind::already_exists>},
    {"INVALID", nullptr, push_kind<kind::invalid>},
    {"PERMISSION_DENIED", nullptr, push_kind<kind::permission_denied>},
    {"UNAVAILABLE", nullptr, push_kind<kind::unavailable>},
    {"INTERNAL", nullptr, push_kind<kind::internal>},
    {"CANCELED", nullptr, push_kind<kind::canceled>},
    {"CONFLICT", nullptr, push_kind<kind::conflict>},
    {"TIMEOUT", nullptr, push_kind<kind::timeout>},
    {"RATE_LIMITED", nullptr, push_kind<kind::rate_limited>},
    {"UNKNOWN", nullptr, push_kind<kind::unknown>},
};

}  // namespace

const Library errors_library{fields};

}  // namespace trivium::lua
