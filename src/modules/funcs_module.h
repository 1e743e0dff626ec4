#pragma once

#include "lua/sandbox/module.h"
#include "units/commands/call.h"

namespace trivium::lua {

// The `funcs` module: call, async, executors and futures.
extern const Module funcs_module;

}  // namespace trivium::lua
