#pragma once

#include "lua/sandbox/module.h"

namespace trivium::lua {

// The `uuid` module: uuid_module.h plus v1, v4 and v7, whose results a workflow records.
extern const Module uuid_module;

}  // namespace trivium::lua
