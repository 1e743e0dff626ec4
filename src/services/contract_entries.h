// contract.definition and contract.binding entries, decoded.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "app/fields.h"
#include "app/kinds.h"
#include "services/contract_schemas.h"

namespace trivium::services {

inline constexpr std::string_view contract_definition_kind = "contract.definition";
inline constexpr std::string_view contract_binding_kind = "contract.binding";

struct ContractDefinition {
  EntryId id;
  // Each {name, description, input_schemas?, output_schemas?}, as contract:methods() shows it.
  Array methods;
  // What calls are held against; empty unless the entry wants it (validate_arguments).
  MethodSchemas arguments;
};

// How one binding carries out one contract.
struct BoundContract {
  std::string contract;
  std::vector<std::pair<std::string, std::string>> methods;  // name, id of the function
  std::vector<std::string> context_required;
  bool is_default = false;
};

struct ContractBinding {
  EntryId id;
  std::vector<BoundContract> contracts;
};

// Mistakes go to the reader's problems. Bindings are held against the definitions of the context's snapshot,
// if it has one.
ContractDefinition read_contract_definition(app::Fields& fields);
ContractBinding read_contract_binding(app::Fields& fields, const app::FieldContext& context);

void add_contract_kinds(app::Kinds& kinds);

}  // namespace trivium::services
