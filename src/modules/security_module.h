#pragma once

#include "lua/sandbox/module.h"

namespace trivium::lua {

// security: who acts, and new actors and scopes for with_actor and with_scope.
extern const Module security_module;

}  // namespace trivium::lua
