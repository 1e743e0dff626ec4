#include "services/contract_commands.h"

#include "services/contracts.h"
#include "units/commands/reply.h"
#include "units/node.h"

namespace trivium::services {
namespace {

// A runtime without contract entries has none.
std::shared_ptr<Contracts> contracts_of(units::Process& process) {
  std::shared_ptr<Contracts> contracts = process.node().service<Contracts>();
  return contracts ? contracts : std::make_shared<Contracts>();
}

Array to_array(const std::vector<std::string>& texts) { return Array(texts.begin(), texts.end()); }

Value describe(const ContractBinding& binding) {
  Array bound;
  bound.reserve(binding.contracts.size());
  for (const BoundContract& contract : binding.contracts) {
    Object methods;
    for (const auto& [name, function] : contract.methods) methods.set(name, function);
    bound.emplace_back(Object{{"contract", contract.contract},
                              {"methods", std::move(methods)},
                              {"context_required", to_array(contract.context_required)}});
  }
  return bound;
}

}  // namespace

lua::Dispatch ContractMethods::perform(units::Process& process, lua::OpId, lua::Reply& reply) {
  const std::shared_ptr<Contracts> contracts = contracts_of(process);
  const ContractDefinition* definition = contracts->definition(id);
  if (definition == nullptr)
    return units::refuse(reply, Error::of(kind::not_found, "contract definition '" + id + "' not found"));
  return units::answer(reply, Value(definition->methods));
}

lua::Dispatch ContractImplementations::perform(units::Process& process, lua::OpId, lua::Reply& reply) {
  return units::answer(reply, Value(to_array(contracts_of(process)->implementations(id))));
}

lua::Dispatch ContractOpen::perform(units::Process& process, lua::OpId, lua::Reply& reply) {
  const std::shared_ptr<Contracts> contracts = contracts_of(process);
  const ContractBinding* found = nullptr;
  if (binding.empty()) {
    found = contracts->default_binding(contract);
    if (found == nullptr) {
      return units::refuse(reply,
                           Error::of(kind::not_found, "no default binding for contract '" + contract + "'"));
    }
    binding = found->id.text();
  } else {
    found = contracts->binding(binding);
  }
  if (!process.allows("contract.open", binding)) {
    return units::refuse(reply,
                         Error::of(kind::permission_denied, "not allowed to open binding: " + binding));
  }
  if (found == nullptr)
    return units::refuse(reply, Error::of(kind::not_found, "contract binding '" + binding + "' not found"));
  for (const BoundContract& bound : found->contracts) {
    const ContractDefinition* definition = contracts->definition(bound.contract);
    schemas.push_back(definition != nullptr ? definition->arguments : MethodSchemas());
  }
  return units::answer(reply, describe(*found));
}

}  // namespace trivium::services
