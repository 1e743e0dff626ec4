// Meta keys with meaning for the runtime.
#pragma once

#include <optional>
#include <string>

#include "app/entry.h"

namespace trivium::app {

// meta.workflow or its older spelling meta.temporal.workflow: null when absent.
const Value* workflow_meta(const Entry& entry);
// meta.activity or its older spelling meta.temporal.activity: null when absent.
const Value* activity_meta(const Entry& entry);

// The worker named there, relative to the entry's namespace. Nothing without one.
std::optional<EntryId> workflow_worker(const Entry& entry);
std::optional<EntryId> activity_worker(const Entry& entry);

// meta.command of process.* entries.
struct Command {
  std::string name;
  std::string summary;
  bool main = false;
  std::string use_case = "run";
};
std::optional<Command> command_of(const Entry& entry);

}  // namespace trivium::app
