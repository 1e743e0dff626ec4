#include "modules/env_module.h"

#include "lua/isolate.h"
#include "modules/arguments.h"
#include "modules/replies.h"
#include "services/env_commands.h"

namespace trivium::lua {
namespace {

void issue_get(lua_State* L) {
  services::EnvGet command;
  command.key = check_string_like(L, 1);
  Isolate::from(L).issue(L, command);
}

int get(lua_State* L) {
  issue_get(L);
  return Isolate::from(L).await(L, finish_value);
}

void issue_set(lua_State* L) {
  services::EnvSet command;
  command.key = check_string_like(L, 1);
  command.value = check_string_like(L, 2);
  Isolate::from(L).issue(L, command);
}

int set(lua_State* L) {
  issue_set(L);
  return Isolate::from(L).await(L, finish_value);
}

void issue_all(lua_State* L) {
  services::EnvAll command;
  Isolate::from(L).issue(L, command);
}

int get_all(lua_State* L) {
  issue_all(L);
  return Isolate::from(L).await(L, finish_value);
}

constexpr LibraryField fields[] = {{"get", get}, {"set", set}, {"get_all", get_all}};
const Library library{fields};

}  // namespace

const Module env_module{"env", &library, nullptr, false};

}  // namespace trivium::lua
