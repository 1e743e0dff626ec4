// Modules that only compute, and so are the same in every unit.
#pragma once

#include "lua/sandbox/module.h"

namespace trivium::lua {

extern const Module json_module;
extern const Module base64_module;
extern const Module hash_module;

}  // namespace trivium::lua
