// Comparing what the code asks for with what the history says it asked for.
#pragma once

#include <optional>
#include <string>

#include "units/workflows/instance.h"

namespace trivium::units::workflows {

// Whether the command would make this event, as far as it is compared.
bool agrees(const WorkflowCommand& command, const Event& event);

// "activity app:ship (id 5)": for messages that show both sides.
std::string describe(EventType type, const Object& attributes);

// "[TMPRL1100] the code asks for … where the history has …".
TaskFailure mismatch(const WorkflowCommand* command, const Event* event);

// The upsert that belongs to a Version marker.
bool is_version_upsert(const Event& event);

}  // namespace trivium::units::workflows
