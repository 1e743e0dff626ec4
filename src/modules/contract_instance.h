// What contract.open returns: an object whose methods are functions of the application.
#pragma once

#include "core/error.h"
#include "lua/state.h"
#include "services/contract_commands.h"
#include "units/commands/call.h"

namespace trivium::lua {

// Opens the binding and pushes the instance and nil, or nil and the error. The scope is in settings.values.
int open_binding(lua_State* L, services::ContractOpen& command, units::CallSettings settings);

// contract.is(instance, id).
int contract_is(lua_State* L);

// Carries out a command that is answered at once.
Result<Value> ask(lua_State* L, units::LiveCommand& command);

}  // namespace trivium::lua
