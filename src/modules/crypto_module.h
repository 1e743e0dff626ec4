#pragma once

#include "lua/sandbox/module.h"

namespace trivium::lua {

// The `crypto` module. What is random in it a workflow records.
extern const Module crypto_module;

}  // namespace trivium::lua
