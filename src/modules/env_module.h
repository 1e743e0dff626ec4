#pragma once

#include "lua/sandbox/module.h"

namespace trivium::lua {

// The `env` module: get, set, get_all.
extern const Module env_module;

}  // namespace trivium::lua
