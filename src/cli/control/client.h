// Asks the runtime that runs in a folder.
#pragma once

#include <string>

#include "cli/control/protocol.h"

namespace trivium::cli {

// Blocks until the answer is there. NotFound: no runtime runs in `folder` ("" is the working directory).
Result<Value> ask_runtime(const std::string& folder, const ControlRequest& request);

}  // namespace trivium::cli
