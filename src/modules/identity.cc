#include "modules/identity.h"

#include <algorithm>

#include "lua/plain_data.h"
#include "modules/arguments.h"
#include "modules/userdata.h"

namespace trivium::lua {
namespace {

// --- actors -----------------------------------------------------------------------------------------

int actor_id(lua_State* L) {
  push_text(L, check_actor(L, 1).id);
  return 1;
}

int actor_meta(lua_State* L) {
  push_plain(L, Value(check_actor(L, 1).meta));
  return 1;
}

int actor_text(lua_State* L) {
  push_text(L, "security.Actor{" + check_actor(L, 1).id + "}");
  return 1;
}

constexpr luaL_Reg actor_methods[] = {{"id", actor_id}, {"meta", actor_meta}, {nullptr, nullptr}};
constexpr UserdataClass actor_class{"security.Actor", actor_methods, actor_text};

// --- scopes -----------------------------------------------------------------------------------------

struct Scope {
  Array policies;
};

// "ns:name" or {ns, name}.
std::string policy_id(lua_State* L, int index) {
  if (lua_type(L, index) != LUA_TTABLE) return std::string(check_string_like(L, index));
  const Result<Value> parts = to_plain(L, index);
  const bool pair = parts && parts->is_array() && parts->as_array().size() == 2 &&
                    parts->as_array()[0].is_string() && parts->as_array()[1].is_string();
  if (!pair) luaL_argerror(L, index, "{namespace, name} expected");
  return parts->as_array()[0].as_string() + ":" + parts->as_array()[1].as_string();
}

int scope_contains(lua_State* L) {
  const Array& policies = check_scope(L, 1);
  const Value id = policy_id(L, 2);
  lua_pushboolean(L, std::find(policies.begin(), policies.end(), id) != policies.end());
  return 1;
}

int scope_text(lua_State* L) {
  std::string text;
  for (const Value& policy : check_scope(L, 1)) text += (text.empty() ? "" : ", ") + policy.as_string();
  push_text(L, "security.Scope{" + text + "}");
  return 1;
}

constexpr luaL_Reg scope_methods[] = {{"contains", scope_contains}, {nullptr, nullptr}};
constexpr UserdataClass scope_class{"security.Scope", scope_methods, scope_text};

}  // namespace

void push_actor(lua_State* L, Actor actor) { push_userdata(L, actor_class, std::move(actor)); }
void push_scope(lua_State* L, Array policies) { push_userdata(L, scope_class, Scope{std::move(policies)}); }

const Actor& check_actor(lua_State* L, int index) { return check_userdata<Actor>(L, index, actor_class); }
const Array& check_scope(lua_State* L, int index) {
  return check_userdata<Scope>(L, index, scope_class).policies;
}

void set_actor(lua_State* L, int index, units::CallSettings& settings) {
  settings.actor = check_actor(L, index);
}

void set_scope(lua_State* L, int index, units::CallSettings& settings) {
  settings.policies = check_scope(L, index);
}

}  // namespace trivium::lua
