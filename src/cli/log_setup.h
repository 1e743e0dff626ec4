// The log a run writes, from its flags and its configuration.
#pragma once

#include <memory>

#include "app/config.h"
#include "cli/command_line.h"
#include "cli/log_sinks.h"

namespace trivium::cli {

// -s, and silence by default while one process is run: flags that ask for logs lift that.
bool is_silent(const GlobalOptions& global, bool one_process);

// -c wins over the configuration's logger.encoding.
LogFormat log_format(const GlobalOptions& global, const app::Config& config, bool one_process);

// -v, --set logmanager.min_level, and the section logmanager.
LogRouting log_routing(const GlobalOptions& global, const SourceOptions& source, const app::Config& config);

std::shared_ptr<LogRouter> make_log_router(const GlobalOptions& global, const SourceOptions& source,
                                           const app::Config& config, bool one_process);

}  // namespace trivium::cli
