#pragma once

#include "lua/sandbox/module.h"

namespace trivium::lua {

// The `logger` module, an object: debug, info, warn, error, with, named.
extern const Module logger_module;

}  // namespace trivium::lua
