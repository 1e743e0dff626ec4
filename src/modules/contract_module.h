// contract: functions behind named interfaces.
#pragma once

#include "lua/sandbox/module.h"

namespace trivium::lua {

extern const Module contract_module;

}  // namespace trivium::lua
