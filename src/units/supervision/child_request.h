// A child as a request describes it: id, process, host, input, name, restart, shutdown.
#pragma once

#include "core/error.h"
#include "units/supervision/spec.h"

namespace trivium::units {

// What the fields leave out comes from the supervisor's pattern. Invalid: an unknown field, a wrong type, or
// neither names the process or the host. References without a namespace mean the supervisor's.
Result<ChildSpec> read_child_request(const Object& fields, const SupervisorSpec& supervisor);

}  // namespace trivium::units
