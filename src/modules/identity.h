// Who acts and under which policies, as Lua holds them: Actor and Scope objects, immutable copies.
#pragma once

#include "core/frame.h"
#include "lua/state.h"
#include "units/commands/call.h"

namespace trivium::lua {

void push_actor(lua_State* L, Actor actor);
// `policies`: ids of policies.
void push_scope(lua_State* L, Array policies);

// The object at `index`; raises "bad argument" for anything else, nil too. Lives as long as the argument.
const Actor& check_actor(lua_State* L, int index);
const Array& check_scope(lua_State* L, int index);

// with_actor and with_scope of builders: what is at `index` replaces what was set before.
void set_actor(lua_State* L, int index, units::CallSettings& settings);
void set_scope(lua_State* L, int index, units::CallSettings& settings);

}  // namespace trivium::lua
