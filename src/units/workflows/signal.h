// A message on its way to a workflow.
#pragma once

#include "lua/message.h"
#include "units/workflows/store/rows.h"

namespace trivium::units::workflows {

// Fails when the values cannot be encoded. Without values it has one payload that says so.
Result<InboundRow> signal_of(const lua::Message& message);

}  // namespace trivium::units::workflows
