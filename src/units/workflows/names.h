// Names that applications give: of workflows and their types, functions, task queues, topics. Every store
// must be able to keep them.
#pragma once

#include <span>
#include <string_view>

#include "core/error.h"
#include "units/workflows/event.h"

namespace trivium::units::workflows {

// Invalid unless it is UTF-8 without NUL bytes; the message begins with `what`.
Result<> check_name(std::string_view what, std::string_view name);

// Of a workflow that is to be started: a PID has to be able to name it, too.
Result<> check_workflow_id(std::string_view id);

// One name of a command, and where the command's event keeps it.
struct CommandName {
  std::string_view what;
  std::string_view path;
  std::string_view name;
};

// Each of the names of a command; of what is called workflow.id, that it is one. A name among `recorded`, the
// commands that the task led to when it was new, was accepted then, and so it is again.
Result<> check_names(std::initializer_list<CommandName> names, std::span<const Event> recorded);

}  // namespace trivium::units::workflows
