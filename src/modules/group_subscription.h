// What pg's monitor and events return beside the members: a subscription to changes of groups.
#pragma once

#include <string>

#include "lua/state.h"

namespace trivium::lua {

// Pushes a subscription to the changes of `scope` that come on `topic`.
void push_group_subscription(lua_State* L, const std::string& scope, const std::string& topic,
                             size_t capacity);

}  // namespace trivium::lua
