#include "modules/contract_module.h"

#include "lua/error_object.h"
#include "lua/isolate.h"
#include "lua/plain_data.h"
#include "modules/arguments.h"
#include "modules/contract_instance.h"
#include "modules/contract_query.h"
#include "modules/identity.h"
#include "modules/permission.h"
#include "modules/settings.h"
#include "modules/userdata.h"

namespace trivium::lua {
namespace {

struct Contract {
  std::string id;
  Value methods;
  units::CallSettings settings;
};

Contract& check_contract(lua_State* L);

int push_value(lua_State* L, const Value& value) {
  push_plain(L, value);
  lua_pushnil(L);
  return 2;
}

// --- opening ----------------------------------------------------------------------------------------

// Splits the id at `index` from its query and lays scope and settings over one another: query, settings, the
// table at `index` + 1.
Result<std::string> read_binding(lua_State* L, int index, units::CallSettings& settings) {
  std::string id;
  if (!lua_isnoneornil(L, index)) {
    Result<BindingId> binding = parse_binding_id(check_string_like(L, index));
    if (!binding) return trivium::fail(std::move(binding.error()));
    id = std::move(binding->id);
    if (settings.values) {
      for (auto& [key, value] : *settings.values) binding->scope.set(key, std::move(value));
    }
    settings.values = std::move(binding->scope);
  }
  if (!lua_isnoneornil(L, index + 1)) {
    luaL_checktype(L, index + 1, LUA_TTABLE);
    if (Result<> done = merge_values(L, index + 1, settings); !done)
      return trivium::fail(std::move(done.error()));
  }
  return id;
}

int open(lua_State* L) {
  Isolate::from(L).check_can_suspend(L);
  units::CallSettings settings;
  services::ContractOpen command;
  luaL_checkany(L, 1);
  check_string_like(L, 1);
  Result<std::string> id = read_binding(L, 1, settings);
  if (!id) return push_failure(L, id.error());
  if (id->empty()) return push_failure(L, Error::of(kind::invalid, "binding ID required"));
  if (!lua_isnoneornil(L, 3)) {
    luaL_checktype(L, 3, LUA_TTABLE);
    if (Result<> done = replace_options(L, 3, settings); !done) return push_failure(L, done.error());
  }
  command.binding = std::move(*id);
  return open_binding(L, command, std::move(settings));
}

int contract_open(lua_State* L) {
  Isolate::from(L).check_can_suspend(L);
  const Contract& contract = check_contract(L);
  units::CallSettings settings = contract.settings;
  services::ContractOpen command;
  Result<std::string> id = read_binding(L, 2, settings);
  if (!id) return push_failure(L, id.error());
  command.binding = std::move(*id);
  command.contract = contract.id;
  return open_binding(L, command, std::move(settings));
}

// --- the contract -----------------------------------------------------------------------------------

int push_contract(lua_State* L, Contract contract);

int contract_id(lua_State* L) {
  push_text(L, check_contract(L).id);
  return 1;
}

int contract_methods(lua_State* L) {
  push_plain(L, check_contract(L).methods);
  return 1;
}

int contract_method(lua_State* L) {
  const Contract& contract = check_contract(L);
  const std::string name(check_string_like(L, 2));
  for (const Value& method : contract.methods.as_array()) {
    if (*method.find("name") == Value(name)) return push_value(L, method);
  }
  return push_failure(
      L, Error::of(kind::not_found, "method '" + name + "' not found in contract '" + contract.id + "'"));
}

int push_implementations(lua_State* L, std::string id) {
  services::ContractImplementations command;
  command.id = std::move(id);
  Result<Value> found = ask(L, command);
  if (!found) return push_failure(L, found.error());
  return push_value(L, *found);
}

int contract_implementations(lua_State* L) { return push_implementations(L, check_contract(L).id); }

int with_context(lua_State* L) {
  Contract changed = check_contract(L);
  if (!allowed(L, "contract.context", "context"))
    return push_denied(L, "not allowed to use contracts with custom context");
  luaL_checktype(L, 2, LUA_TTABLE);
  if (Result<> done = merge_values(L, 2, changed.settings); !done) return push_failure(L, done.error());
  return push_contract(L, std::move(changed));
}

template <void (*set)(lua_State*, int, units::CallSettings&)>
int with_identity(lua_State* L) {
  Contract changed = check_contract(L);
  if (!allowed(L, "contract.security", "security"))
    return push_denied(L, "not allowed to use contracts with custom security context");
  set(L, 2, changed.settings);
  return push_contract(L, std::move(changed));
}

int with_options(lua_State* L) {
  Contract changed = check_contract(L);
  luaL_checktype(L, 2, LUA_TTABLE);
  if (Result<> done = replace_options(L, 2, changed.settings); !done) return push_failure(L, done.error());
  return push_contract(L, std::move(changed));
}

int text(lua_State* L) {
  push_text(L, "contract.Contract{" + check_contract(L).id + "}");
  return 1;
}

constexpr luaL_Reg methods[] = {
    {"id", contract_id},
    {"methods", contract_methods},
    {"method", contract_method},
    {"implementations", contract_implementations},
    {"open", contract_open},
    {"with_context", with_context},
    {"with_actor", with_identity<set_actor>},
    {"with_scope", with_identity<set_scope>},
    {"with_options", with_options},
    {nullptr, nullptr},
};
constexpr UserdataClass contract_class{"contract.Contract", methods, text};

Contract& check_contract(lua_State* L) { return check_userdata<Contract>(L, 1, contract_class); }

int push_contract(lua_State* L, Contract contract) {
  push_userdata(L, contract_class, std::move(contract));
  return 1;
}

// --- the library ------------------------------------------------------------------------------------

int get(lua_State* L) {
  services::ContractMethods command;
  command.id = check_string_like(L, 1);
  if (!allowed(L, "contract.get", command.id))
    return push_denied(L, "not allowed to access contract: " + command.id);
  Contract contract;
  contract.id = command.id;
  Result<Value> methods = ask(L, command);
  if (!methods) return push_failure(L, methods.error());
  contract.methods = methods->is_array() ? std::move(*methods) : Value(Array());
  push_contract(L, std::move(contract));
  lua_pushnil(L);
  return 2;
}

int find_implementations(lua_State* L) {
  std::string id(check_string_like(L, 1));
  if (!allowed(L, "contract.implementations", id))
    return push_denied(L, "not allowed to list implementations: " + id);
  return push_implementations(L, std::move(id));
}

constexpr LibraryField fields[] = {
    {"get", get}, {"open", open}, {"find_implementations", find_implementations}, {"is", contract_is}};
const Library library{fields};

}  // namespace

const Module contract_module{"contract", &library, nullptr, true};

}  // namespace trivium::lua
