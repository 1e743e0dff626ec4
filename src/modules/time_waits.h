#pragma once

#include "lua/sandbox/module.h"

namespace trivium::lua {

// The `time` module: time_module.h plus now, sleep, after, timer and ticker, which are commands and so
// mean in each unit what they should.
extern const Module time_module;

}  // namespace trivium::lua
