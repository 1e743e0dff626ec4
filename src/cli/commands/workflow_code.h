// The code of workflows, for commands that run it over histories.
#pragma once

#include <memory>

#include "cli/assembly/replayer.h"
#include "cli/command_line.h"
#include "cli/runtime.h"
#include "cli/workflows/stores.h"

namespace trivium::cli {

// The application in this directory, compiled. The error lists its mistakes.
Result<std::unique_ptr<Replayer>> compiled_workflows(const GlobalOptions& global, const SourceOptions& source,
                                                     const RuntimeFactory& make);

// The code that the run is on, from its store. NotFound: it does not have it.
Result<Replayer::Code> recorded_code(const Replayer& replayer, const FoundRun& found);

}  // namespace trivium::cli
