// What the contract module asks for. All of it is answered at once.
#pragma once

#include <string>
#include <vector>

#include "services/contract_schemas.h"
#include "units/commands/live_command.h"

namespace trivium::services {

// Replies with the methods of a contract, an array of tables.
struct ContractMethods final : units::CommandOf<ContractMethods> {
  static constexpr lua::CommandType command_type{"contract.get"};
  std::string id;

  lua::Dispatch perform(units::Process& process, lua::OpId op, lua::Reply& reply) override;
};

// Replies with the ids of the bindings of a contract, an array; empty for an unknown one.
struct ContractImplementations final : units::CommandOf<ContractImplementations> {
  static constexpr lua::CommandType command_type{"contract.find_implementations"};
  std::string id;

  lua::Dispatch perform(units::Process& process, lua::OpId op, lua::Reply& reply) override;
};

// Replies with what the binding binds: [{contract, methods = {name = function}, context_required = [key]}].
// Asks for the permission, because only here it is known what the default binding is.
struct ContractOpen final : units::CommandOf<ContractOpen> {
  static constexpr lua::CommandType command_type{"contract.open"};
  std::string binding;   // empty: the default one of
  std::string contract;  // this contract
  // Filled with what calls of each of these contracts are held against.
  std::vector<MethodSchemas> schemas;

  lua::Dispatch perform(units::Process& process, lua::OpId op, lua::Reply& reply) override;
};

}  // namespace trivium::services
