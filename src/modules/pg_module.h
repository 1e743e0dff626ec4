#pragma once

#include "lua/sandbox/module.h"

namespace trivium::lua {

// The `pg` module: process groups.
extern const Module pg_module;

}  // namespace trivium::lua
