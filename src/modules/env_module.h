#pragma once

#include "lua/sandbox/module.h"

namespace trivium::lua {

// The `env` module: get, set, get_all (spec/core-modules.md 27).
extern const Module env_module;

}  // namespace trivium::lua
