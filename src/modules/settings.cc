#include "modules/settings.h"

#include "core/entry_id.h"
#include "lua/plain_data.h"
#include "modules/permission.h"
#include "modules/stored_fields.h"

namespace trivium::lua {

Result<> merge_values(lua_State* L, int index, units::CallSettings& settings) {
  Result<Object> values = to_plain_object(L, index);
  if (!values) return trivium::fail(std::move(values.error()));
  if (!settings.values) settings.values.emplace();
  for (auto& [key, value] : *values) settings.values->set(key, std::move(value));
  return {};
}

Result<> replace_options(lua_State* L, int index, units::CallSettings& settings) {
  Result<Object> options = plain_options(L, index);
  if (!options) return trivium::fail(std::move(options.error()));
  settings.options = std::move(*options);
  return {};
}

Result<> merge_options(lua_State* L, int index, units::CallSettings& settings) {
  Result<Object> options = plain_options(L, index);
  if (!options) return trivium::fail(std::move(options.error()));
  for (auto& [key, value] : *options) settings.options.set(key, std::move(value));
  return {};
}

Result<> check_network(lua_State* L, const units::CallSettings& settings) {
  const Value* network = settings.options.find("network");
  if (network == nullptr || !network->is_string() || network->as_string().empty()) return {};
  if (allowed(L, "network.select", network->as_string())) return {};
  return trivium::fail(kind::permission_denied, "not allowed: network " + network->as_string());
}

Result<std::string> target_id(std::string_view text) {
  if (text.empty()) return trivium::fail(kind::invalid, "function ID required");
  const EntryId id = EntryId::parse(text);
  if (id.ns.empty()) return trivium::fail(kind::invalid, "namespace required in function ID");
  if (id.name.empty()) return trivium::fail(kind::invalid, "name required in function ID");
  return std::string(text);
}

}  // namespace trivium::lua
