// How an attempt of an activity ended, as one runtime tells another: {"result": [payload]}, or {"failure": …}
// with {"canceled": true} if it ended because it was to.
#pragma once

#include "core/value.h"
#include "lua/command.h"

namespace trivium::units::workflows {

Object attempt_outcome(const lua::Reply& reply);
// Of a function that this runtime does not have. `known`: those it has.
Object unknown_function(const std::string& id, const std::vector<std::string>& known);

}  // namespace trivium::units::workflows
