#pragma once

#include "lua/sandbox/module.h"
#include "units/commands/call.h"

namespace trivium::lua {

// The `funcs` module: call, async, executors and futures (spec/functions-and-processes.md 3 to 5).
extern const Module funcs_module;

}  // namespace trivium::lua
