// The contracts of the application and what carries them out.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "app/registry.h"
#include "services/contract_entries.h"

namespace trivium::services {

// Immutable once applied, so freely shared between threads. What it returns lives as long as it does.
class Contracts {
 public:
  // Takes the contract.* entries of the snapshot; what is wrong with them goes to `problems`.
  void apply(const app::Snapshot& snapshot, const app::FieldContext& context, app::Problems& problems);

  // Null: there is none.
  const ContractDefinition* definition(const std::string& id) const;
  const ContractBinding* binding(const std::string& id) const;
  const ContractBinding* default_binding(const std::string& definition) const;
  // Ids of the bindings of a contract, in order.
  std::vector<std::string> implementations(const std::string& definition) const;

 private:
  std::map<std::string, ContractDefinition> definitions_;
  std::map<std::string, ContractBinding> bindings_;
};

}  // namespace trivium::services
