#include "services/contracts.h"

#include <algorithm>

namespace trivium::services {
namespace {

const BoundContract* bound(const ContractBinding& binding, const std::string& definition) {
  const auto found = std::find_if(binding.contracts.begin(), binding.contracts.end(),
                                  [&](const BoundContract& bound) { return bound.contract == definition; });
  return found == binding.contracts.end() ? nullptr : &*found;
}

template <class T>
const T* find(const std::map<std::string, T>& map, const std::string& id) {
  const auto found = map.find(id);
  return found == map.end() ? nullptr : &found->second;
}

}  // namespace

void Contracts::apply(const app::Snapshot& snapshot, const app::FieldContext& context,
                      app::Problems& problems) {
  for (const app::Entry* entry : snapshot.of_kind(contract_definition_kind)) {
    app::Fields fields(*entry, context, problems);
    definitions_.insert_or_assign(entry->id.text(), read_contract_definition(fields));
  }
  for (const app::Entry* entry : snapshot.of_kind(contract_binding_kind)) {
    app::Fields fields(*entry, context, problems);
    bindings_.insert_or_assign(entry->id.text(), read_contract_binding(fields, context));
  }
}

const ContractDefinition* Contracts::definition(const std::string& id) const {
  return find(definitions_, id);
}

const ContractBinding* Contracts::binding(const std::string& id) const { return find(bindings_, id); }

const ContractBinding* Contracts::default_binding(const std::string& definition) const {
  for (const auto& [id, binding] : bindings_) {
    const BoundContract* contract = bound(binding, definition);
    if (contract != nullptr && contract->is_default) return &binding;
  }
  return nullptr;
}

std::vector<std::string> Contracts::implementations(const std::string& definition) const {
  std::vector<std::string> ids;
  for (const auto& [id, binding] : bindings_) {
    if (bound(binding, definition) != nullptr) ids.push_back(id);
  }
  return ids;
}

}  // namespace trivium::services
