#include "modules/funcs_module.h"

#include "lua/codec.h"
#include "lua/error_object.h"
#include "lua/isolate.h"
#include "modules/arguments.h"
#include "modules/future.h"
#include "modules/identity.h"
#include "modules/permission.h"
#include "modules/replies.h"
#include "modules/settings.h"
#include "modules/userdata.h"

namespace trivium::lua {
namespace {

struct Executor {
  units::CallSettings settings;
};

Executor& check_executor(lua_State* L);

// Builds the call of `target` at `index` with what follows as arguments. Pushes nil and the error when
// the target is no id; returns how many values were pushed.
int prepare(lua_State* L, int index, const units::CallSettings* settings, units::CallFunction& call) {
  Result<std::string> target = target_id(check_string_like(L, index));
  if (!target) return push_failure(L, target.error());
  if (!allowed(L, "funcs.call", *target)) return push_denied(L, "not allowed: " + *target);
  call.target = std::move(*target);
  if (settings != nullptr) call.settings = *settings;
  Dropped dropped;
  call.arguments = encode_range(L, index + 1, lua_gettop(L) - index, &dropped);
  if (!dropped.type.empty())
    Isolate::from(L).host().dropped("call of " + call.target, dropped.path, dropped.type);
  return 0;
}

int issue_call(lua_State* L, int index, const units::CallSettings* settings) {
  units::CallFunction call;
  if (const int refused = prepare(L, index, settings, call); refused != 0) return refused;
  Isolate::from(L).issue(L, call);
  return 0;
}

int start_async(lua_State* L, int index, const units::CallSettings* settings) {
  units::CallFunction call;
  if (const int refused = prepare(L, index, settings, call); refused != 0) return refused;
  return start_future(L, call);
}

int call(lua_State* L) {
  if (const int refused = issue_call(L, 1, nullptr); refused != 0) return refused;
  return Isolate::from(L).await(L, finish_value);
}

int async(lua_State* L) {
  const int results = start_async(L, 1, nullptr);
  return Isolate::from(L).return_in_turn(L, results);
}

int executor_call(lua_State* L) {
  if (const int refused = issue_call(L, 2, &check_executor(L).settings); refused != 0) return refused;
  return Isolate::from(L).await(L, finish_value);
}

int executor_async(lua_State* L) {
  const int results = start_async(L, 2, &check_executor(L).settings);
  return Isolate::from(L).return_in_turn(L, results);
}

int push_executor(lua_State* L, Executor executor);

int with_context(lua_State* L) {
  Executor changed = check_executor(L);
  if (!allowed(L, "funcs.context", "context"))
    return push_denied(L, "not allowed to call functions with custom context");
  luaL_checktype(L, 2, LUA_TTABLE);
  if (Result<> done = merge_values(L, 2, changed.settings); !done) return push_failure(L, done.error());
  return push_executor(L, std::move(changed));
}

template <void (*set)(lua_State*, int, units::CallSettings&)>
int with_identity(lua_State* L) {
  Executor changed = check_executor(L);
  if (!allowed(L, "funcs.security", "security"))
    return push_denied(L, "not allowed to call functions with custom security context");
  set(L, 2, changed.settings);
  return push_executor(L, std::move(changed));
}

int with_options(lua_State* L) {
  Executor changed = check_executor(L);
  luaL_checktype(L, 2, LUA_TTABLE);
  if (Result<> done = replace_options(L, 2, changed.settings); !done) return push_failure(L, done.error());
  if (Result<> done = check_network(L, changed.settings); !done) return push_failure(L, done.error());
  return push_executor(L, std::move(changed));
}

int text(lua_State* L) {
  check_executor(L);
  lua_pushliteral(L, "funcs.Executor{}");
  return 1;
}

constexpr luaL_Reg methods[] = {
    {"with_context", with_context},
    {"with_actor", with_identity<set_actor>},
    {"with_scope", with_identity<set_scope>},
    {"with_options", with_options},
    {"call", executor_call},
    {"async", executor_async},
    {nullptr, nullptr},
};
constexpr UserdataClass executor_class{"funcs.Executor", methods, text};

Executor& check_executor(lua_State* L) { return check_userdata<Executor>(L, 1, executor_class); }

int push_executor(lua_State* L, Executor executor) {
  push_userdata(L, executor_class, std::move(executor));
  return 1;
}

int new_executor(lua_State* L) { return push_executor(L, {}); }

constexpr LibraryField fields[] = {{"call", call}, {"async", async}, {"new", new_executor}};
const Library library{fields};

}  // namespace

const Module funcs_module{"funcs", &library, nullptr, true};

}  // namespace trivium::lua
