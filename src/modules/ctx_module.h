#pragma once

#include "lua/sandbox/module.h"

namespace trivium::lua {

// The `ctx` module: a read-only view of the values the unit was called with.
extern const Module ctx_module;

}  // namespace trivium::lua
