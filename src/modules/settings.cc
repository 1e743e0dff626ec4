#include "modules/settings.h"

#include "core/entry_id.h"
#include "lua/plain_data.h"

namespace trivium::lua {

Result<> merge_values(lua_State* L, int index, units::CallSettings& settings) {
  Result<Object> values = to_plain_object(L, index);
  if (!values) return trivium::fail(std::move(values.error()));
  if (!settings.values) settings.values.emplace();
  for (auto& [key, value] : *values) settings.values->set(key, std::move(value));
  return {};
}

Result<> replace_options(lua_State* L, int index, units::CallSettings& settings) {
  Result<Object> options = to_plain_object(L, index);
  if (!options) return trivium::fail(std::move(options.error()));
  settings.options = std::move(*options);
  return {};
}

Result<> merge_options(lua_State* L, int index, units::CallSettings& settings) {
  Result<Object> options = to_plain_object(L, index);
  if (!options) return trivium::fail(std::move(options.error()));
  for (auto& [key, value] : *options) settings.options.set(key, std::move(value));
  return {};
}

Result<std::string> target_id(std::string_view text) {
  if (text.empty()) return trivium::fail(kind::invalid, "function ID required");
  const EntryId id = EntryId::parse(text);
  if (id.ns.empty()) return trivium::fail(kind::invalid, "namespace required in function ID");
  if (id.name.empty()) return trivium::fail(kind::invalid, "name required in function ID");
  return std::string(text);
}

}  // namespace trivium::lua
