// supervisor: children of process.supervisor entries, on request.
#pragma once

#include "lua/sandbox/module.h"

namespace trivium::lua {

extern const Module supervisor_module;

}  // namespace trivium::lua
