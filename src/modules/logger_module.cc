#include "modules/logger_module.h"

#include <string>

#include "core/log.h"
#include "lua/environment.h"
#include "lua/isolate.h"
#include "lua/plain_data.h"
#include "lua/sandbox/frozen.h"
#include "modules/arguments.h"
#include "modules/userdata.h"

namespace trivium::lua {
namespace {

struct Logger {
  std::string name;
  Object fields;
};

int with(lua_State* L);
int named(lua_State* L);
template <LogLevel level>
int write(lua_State* L);
int text(lua_State* L);

constexpr luaL_Reg methods[] = {{"debug", write<LogLevel::debug>},
                                {"info", write<LogLevel::info>},
                                {"warn", write<LogLevel::warn>},
                                {"error", write<LogLevel::error>},
                                {"with", with},
                                {"named", named},
                                {nullptr, nullptr}};
constexpr UserdataClass logger_class{"trivium.logger", methods, text};

const Logger& self(lua_State* L) { return check_userdata<Logger>(L, 1, logger_class); }

// Lays the string-keyed members of the table at `index` over `fields`; the table stays as it is.
void merge_fields(lua_State* L, int index, Object& fields) {
  see_through(L, index);
  Result<Object> own = to_plain_object(L, index);
  if (!own) {
    fields.set("fields", own.error().message);
    return;
  }
  for (auto& [key, value] : *own) fields.set(key, std::move(value));
}

template <LogLevel level>
int write(lua_State* L) {
  const Logger& logger = self(L);
  const std::string_view message = check_string_like(L, 2);
  const bool has_fields = !lua_isnoneornil(L, 3);
  if (has_fields) luaL_checktype(L, 3, LUA_TTABLE);
  if (!Isolate::from(L).host().log_enabled(level)) return 0;
  Object fields = logger.fields;
  if (has_fields) merge_fields(L, 3, fields);
  for (auto& [key, value] : location_field(L)) fields.set(key, std::move(value));
  Isolate::from(L).host().log(level, logger.name, message, std::move(fields));
  return 0;
}

int with(lua_State* L) {
  Logger child = self(L);
  luaL_checktype(L, 2, LUA_TTABLE);
  merge_fields(L, 2, child.fields);
  push_userdata(L, logger_class, std::move(child));
  return 1;
}

int named(lua_State* L) {
  Logger child = self(L);
  const std::string_view name = check_string_like(L, 2);
  luaL_argcheck(L, !name.empty(), 2, "name must not be empty");
  if (!child.name.empty()) child.name += '.';
  child.name += name;
  push_userdata(L, logger_class, std::move(child));
  return 1;
}

int text(lua_State* L) {
  push_text(L, "logger{name=" + self(L).name + "}");
  return 1;
}

void push(lua_State* L) { push_userdata(L, logger_class, Logger()); }

}  // namespace

const Module logger_module{"logger", nullptr, push, true};

}  // namespace trivium::lua
