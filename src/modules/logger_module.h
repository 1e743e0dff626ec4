#pragma once

#include "lua/sandbox/module.h"

namespace trivium::lua {

// The `logger` module, an object: debug, info, warn, error, with, named (spec/core-modules.md 11).
extern const Module logger_module;

}  // namespace trivium::lua
