// How an attempt of an activity ended, as one runtime tells another: {"result": [payload]}, or {"failure": …}
// with {"canceled": true} if it ended because it was to.
#pragma once

#include "core/log.h"
#include "core/value.h"
#include "lua/command.h"

namespace trivium::units::workflows {

Object attempt_outcome(const lua::Reply& reply);
// Of a function that this runtime does not have. `known`: those it has.
Object unknown_function(const std::string& id, const std::vector<std::string>& known);
// To people, at the first attempt: it is made again and again under most retry policies.
void tell_unknown_function(const Log& log, const std::string& workflow_id, const std::string& id);

}  // namespace trivium::units::workflows
