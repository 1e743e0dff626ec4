// The runs of all stores that the flags of a command let through.
#pragma once

#include <string>
#include <vector>

#include "cli/command_line.h"
#include "cli/workflows/stores.h"

namespace trivium::cli {

struct ListedRun {
  units::workflows::RunRow run;
  std::string store;
  WorkflowStore* from = nullptr;
  // Open, and nobody is there for its task queue.
  bool unserved = false;
};

// The newest first, at most `limit` of each store: by status, type, time and search attributes. Invalid: a
// flag that cannot be read.
Result<std::vector<ListedRun>> list_runs(std::vector<WorkflowStore>& stores, const WorkflowRequest& request,
                                         size_t limit);

}  // namespace trivium::cli
