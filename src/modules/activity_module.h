// The activity module: what a function knows about the workflow that calls it, and signs of life.
#pragma once

#include "lua/sandbox/module.h"

namespace trivium::lua {

extern const Module activity_module;

}  // namespace trivium::lua
