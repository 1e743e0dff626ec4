#include "modules/contract_instance.h"

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "lua/codec.h"
#include "lua/error_object.h"
#include "lua/isolate.h"
#include "modules/arguments.h"
#include "modules/future.h"
#include "modules/json_module.h"
#include "modules/permission.h"
#include "modules/replies.h"
#include "modules/userdata.h"

namespace trivium::lua {
namespace {

using Keys = std::vector<std::string>;

struct Method {
  std::string contract;
  std::string function;
  std::shared_ptr<const Keys> context_required;
  std::shared_ptr<const services::ArgumentSchemas> arguments;  // null: they are not checked
};

struct Instance {
  units::CallSettings settings;
  std::vector<std::string> contracts;
  std::map<std::string, Method, std::less<>> methods;
};

int text(lua_State* L) {
  lua_pushliteral(L, "contract.Instance{}");
  return 1;
}

constexpr luaL_Reg no_methods[] = {{nullptr, nullptr}};
constexpr UserdataClass instance_class{"contract.Instance", no_methods, text};

Error missing(const Keys& keys) {
  std::string list;
  Array details;
  for (const std::string& key : keys) {
    list += (list.empty() ? "" : ", ") + key;
    details.emplace_back(key);
  }
  Error error = Error::of(kind::invalid, "missing required context keys: [" + list + "]");
  error.details = Object{{"missing_keys", std::move(details)}};
  return error;
}

Error misfit(const Method& method, const std::string& name, int argument, const json::Mismatch& mismatch) {
  const std::string which = "argument " + std::to_string(argument);
  Error error =
      Error::of(kind::invalid, "method " + name + " of " + method.contract + ": " + mismatch.text(which));
  error.details = Object{{"contract", method.contract},
                         {"method", name},
                         {"argument", argument},
                         {"path", mismatch.path},
                         {"problem", mismatch.problem}};
  return error;
}

// The arguments follow the instance on the stack; one that is not there is null.
std::optional<Error> check_arguments(lua_State* L, const Method& method, const std::string& name) {
  if (!method.arguments) return std::nullopt;
  int argument = 0;
  for (const std::optional<json::Schema>& schema : *method.arguments) {
    const int index = ++argument + 1;
    if (!schema) continue;
    const Result<Value> value = index <= lua_gettop(L) ? to_json(L, index) : Value();
    if (!value) return misfit(method, name, argument, {"", value.error().message});
    if (const auto mismatch = schema->check(*value, json::Schema::EmptyList::may_be_a_map))
      return misfit(method, name, argument, *mismatch);
  }
  return std::nullopt;
}

// Fills the call of the method that the closure's upvalues name. Pushes nil and the error when it may not be
// made; returns how many values were pushed.
int prepare(lua_State* L, units::CallFunction& call) {
  const auto& instance = *static_cast<Instance*>(lua_touserdata(L, lua_upvalueindex(1)));
  const std::string name = lua_tostring(L, lua_upvalueindex(2));
  if (!allowed(L, "contract.call", name)) return push_denied(L, "not allowed to call method: " + name);
  const Method& method = instance.methods.find(name)->second;
  const FrameRef& frame = Isolate::from(L).host().frame();
  Keys absent;
  for (const std::string& key : *method.context_required) {
    const bool given = instance.settings.values->find(key) != nullptr;
    if (!given && (!frame || frame->values.find(key) == nullptr)) absent.push_back(key);
  }
  if (!absent.empty()) return push_failure(L, missing(absent));
  if (const std::optional<Error> wrong = check_arguments(L, method, name)) return push_failure(L, *wrong);
  call.target = method.function;
  call.settings = instance.settings;
  Dropped dropped;
  call.arguments = encode_range(L, 2, std::max(0, lua_gettop(L) - 1), &dropped);
  if (!dropped.type.empty())
    Isolate::from(L).host().dropped("call of " + call.target, dropped.path, dropped.type);
  return 0;
}

int issue_call(lua_State* L) {
  units::CallFunction call;
  if (const int refused = prepare(L, call); refused != 0) return refused;
  Isolate::from(L).issue(L, call);
  return 0;
}

int call_method(lua_State* L) {
  if (const int refused = issue_call(L); refused != 0) return refused;
  return Isolate::from(L).await(L, finish_value);
}

int start_method(lua_State* L) {
  units::CallFunction call;
  if (const int refused = prepare(L, call); refused != 0) return refused;
  return start_future(L, call);
}

// A method of the contracts, the same with _async behind it, or nil.
int index(lua_State* L) {
  constexpr std::string_view suffix = "_async";
  const auto& instance = check_userdata<Instance>(L, 1, instance_class);
  if (lua_type(L, 2) != LUA_TSTRING) return 0;
  std::string_view name = check_string_like(L, 2);
  const bool async = name.ends_with(suffix);
  if (async) name.remove_suffix(suffix.size());
  if (instance.methods.find(name) == instance.methods.end()) return 0;
  lua_pushvalue(L, 1);
  push_text(L, name);
  lua_pushcclosure(L, async ? start_method : call_method, 2);
  return 1;
}

void add(Instance& instance, const Value& bound, const services::MethodSchemas& schemas) {
  instance.contracts.push_back(bound.find("contract")->as_string());
  auto required = std::make_shared<Keys>();
  const Value* keys = bound.find("context_required");
  for (const Value& key : keys->is_array() ? keys->as_array() : Array()) required->push_back(key.as_string());
  const Value* methods = bound.find("methods");
  if (!methods->is_object()) return;
  for (const auto& [name, function] : methods->as_object()) {
    const auto arguments = schemas.find(name);
    instance.methods.try_emplace(name, Method{instance.contracts.back(), function.as_string(), required,
                                              arguments == schemas.end() ? nullptr : arguments->second});
  }
}

void push_instance(lua_State* L, Instance instance) {
  push_userdata(L, instance_class, std::move(instance));
  lua_getmetatable(L, -1);
  lua_pushcfunction(L, index);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
}

}  // namespace

int open_binding(lua_State* L, services::ContractOpen& command, units::CallSettings settings) {
  Result<Value> bound = ask(L, command);
  if (!bound) return push_failure(L, bound.error());
  Instance instance;
  instance.settings = std::move(settings);
  if (!instance.settings.values) instance.settings.values.emplace();
  const Array contracts = bound->is_array() ? bound->as_array() : Array();
  for (size_t i = 0; i < contracts.size(); ++i) add(instance, contracts[i], command.schemas[i]);
  push_instance(L, std::move(instance));
  lua_pushnil(L);
  return 2;
}

int contract_is(lua_State* L) {
  luaL_checktype(L, 1, LUA_TUSERDATA);
  const std::string_view id = check_string_like(L, 2);
  const Instance* instance = test_userdata<Instance>(L, 1, instance_class);
  lua_pushboolean(L, instance != nullptr && std::find(instance->contracts.begin(), instance->contracts.end(),
                                                      id) != instance->contracts.end());
  return 1;
}

Result<Value> ask(lua_State* L, units::LiveCommand& command) {
  Isolate& isolate = Isolate::from(L);
  Reply reply;
  isolate.host().dispatch(isolate, command, 0, reply);
  if (reply.error) return trivium::fail(std::move(*reply.error));
  return first_value(reply.values);
}

}  // namespace trivium::lua
