// The workflow stores of the application in the working directory, opened for looking and asking.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/command_line.h"
#include "units/workflows/store/operator.h"

namespace trivium::cli {

struct WorkflowStore {
  std::string id;  // of the provider's entry, or the file
  std::unique_ptr<units::workflows::Operator> open;
};

// `chosen`: an entry or a file; empty for all there are. Stores that no runtime has made yet are left out.
// Errors: of the application's entries, or of a store that cannot be opened.
Result<std::vector<WorkflowStore>> open_workflow_stores(const GlobalOptions& global,
                                                        const SourceOptions& source,
                                                        const std::string& chosen);

struct FoundRun {
  WorkflowStore* store = nullptr;
  units::workflows::RunRow run;
};

// `text`: a workflow id, a run id, a PID, or the beginning of an id that only one has. NotFound with
// suggestions; Invalid when several fit.
Result<FoundRun> find_run(std::vector<WorkflowStore>& stores, const std::string& text);
// The open run of a workflow, for those who change it: no beginnings, and a run id must be the open run's.
// `verb` is for the message: "cancel".
Result<FoundRun> find_open_run(std::vector<WorkflowStore>& stores, const std::string& text,
                               std::string_view verb);

}  // namespace trivium::cli
