#pragma once

#include "lua/sandbox/module.h"

namespace trivium::lua {

// The `workflow` module: execute, exec, info, history_length, history_size, version,
// attrs.
extern const Module workflow_module;

}  // namespace trivium::lua
