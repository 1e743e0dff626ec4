// The immutable builders' common part: with_context, with_actor, with_scope, with_options.
#pragma once

#include "core/error.h"
#include "lua/state.h"
#include "units/commands/call.h"

namespace trivium::lua {

// Lays the string keys of the table at `index` over the values set before.
Result<> merge_values(lua_State* L, int index, units::CallSettings& settings);
// Replaces (executors) or merges (spawners) the options.
Result<> replace_options(lua_State* L, int index, units::CallSettings& settings);
Result<> merge_options(lua_State* L, int index, units::CallSettings& settings);

// Whether the unit may use the network that the options name, if they do.
Result<> check_network(lua_State* L, const units::CallSettings& settings);

// A full entry id, or the error for one that is not.
Result<std::string> target_id(std::string_view text);

}  // namespace trivium::lua
