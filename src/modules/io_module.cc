#include "modules/io_module.h"

#include <string>

#include "lua/codec.h"
#include "lua/error_object.h"
#include "lua/isolate.h"
#include "modules/arguments.h"
#include "modules/replies.h"
#include "services/terminal_commands.h"

namespace trivium::lua {
namespace {

constexpr int64_t default_read_bytes = 1024;

// The value alone, or nil and the error.
int finish_single(lua_State* L, Reply& reply) {
  if (reply.error) return push_failure(L, *reply.error);
  return push_values(L, reply.values);
}

// The arguments as text; what has none leaves its place empty.
std::string joined(lua_State* L, std::string_view separator) {
  std::string text;
  for (int i = 1, n = lua_gettop(L); i <= n; ++i) {
    if (i > 1) text += separator;
    text += string_like(L, i).value_or(std::string_view());
  }
  return text;
}

void issue_write(lua_State* L, std::string text, bool to_errors) {
  services::TerminalWrite command;
  command.text = std::move(text);
  command.to_errors = to_errors;
  Isolate::from(L).issue(L, command);
}

int write(lua_State* L) {
  issue_write(L, joined(L, ""), false);
  return Isolate::from(L).await(L, finish_single);
}

int print(lua_State* L) {
  issue_write(L, joined(L, "\t") + "\n", false);
  return Isolate::from(L).await(L, finish_single);
}

int eprint(lua_State* L) {
  issue_write(L, joined(L, "\t") + "\n", true);
  return Isolate::from(L).await(L, finish_single);
}

// Output is unbuffered: there is nothing to do but to say whether there is a terminal.
int flush(lua_State* L) {
  issue_write(L, std::string(), false);
  return Isolate::from(L).await(L, finish_single);
}

void issue_args(lua_State* L) {
  services::TerminalArguments command;
  Isolate::from(L).issue(L, command);
}

int args(lua_State* L) {
  issue_args(L);
  return Isolate::from(L).await(L, finish_single);
}

void issue_read(lua_State* L, int64_t limit) {
  services::TerminalRead command;
  command.limit = static_cast<size_t>(limit);
  Isolate::from(L).issue(L, command);
}

int read(lua_State* L) {
  const int64_t wanted = lua_isnoneornil(L, 1) ? default_read_bytes : check_whole(L, 1);
  issue_read(L, wanted > 0 ? wanted : default_read_bytes);
  return Isolate::from(L).await(L, finish_value);
}

int readline(lua_State* L) {
  issue_read(L, 0);
  return Isolate::from(L).await(L, finish_value);
}

void issue_raw(lua_State* L) {
  services::TerminalRaw command;
  if (!lua_isnoneornil(L, 1)) {
    luaL_checktype(L, 1, LUA_TBOOLEAN);
    command.on = lua_toboolean(L, 1) != 0;
  }
  Isolate::from(L).issue(L, command);
}

int raw(lua_State* L) {
  issue_raw(L);
  return Isolate::from(L).await(L, finish_value);
}

constexpr LibraryField fields[] = {{"write", write},       {"print", print}, {"eprint", eprint},
                                   {"flush", flush},       {"args", args},   {"read", read},
                                   {"readline", readline}, {"raw", raw}};
const Library library{fields};

}  // namespace

const Module io_module{"io", &library, nullptr, false};

}  // namespace trivium::lua
