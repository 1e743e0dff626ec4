#pragma once

#include "lua/sandbox/module.h"

namespace trivium::lua {

// The `events` module: publish and subscribe inside the runtime.
extern const Module events_module;

}  // namespace trivium::lua
