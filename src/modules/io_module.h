#pragma once

#include "lua/sandbox/module.h"

namespace trivium::lua {

// The `io` module: the terminal of a program started from the command line.
extern const Module io_module;

}  // namespace trivium::lua
