// The application in the working directory, read as every command reads it: configuration, then
// entries, then the pipeline over them.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "app/config.h"
#include "app/entry.h"
#include "app/registry.h"
#include "cli/command_line.h"
#include "cli/runtime.h"
#include "core/log.h"

namespace trivium::cli {

// Files, profiles, global flags, --set and -o merged. The error names every mistake.
Result<std::shared_ptr<const app::Config>> load_config(const GlobalOptions& global,
                                                       const SourceOptions& source);

// The level given by --set logmanager.min_level, the only way to set it besides -v.
std::optional<LogLevel> min_level(const SourceOptions& source);

// Entries as written, after the pipeline and before any check: for commands that only look.
struct Inspected {
  std::vector<app::Entry> entries;  // in load order, no two with the same id
  std::set<std::string, std::less<>> broken_namespaces;
  bool found = false;  // false: neither a lock file nor ./src
};

// Mistakes are added to `problems`; what could be understood is returned.
Inspected read_entries(const app::Config& config, const GlobalOptions& global, const SourceOptions& source,
                       app::Problems& problems);

// What commands other than `run` and `test` say when Inspected::found is false.
Error no_application();

// Reads configuration and entries, silently. An error for mistakes and when there is nothing to read.
Result<Inspected> inspect_application(const GlobalOptions& global, const SourceOptions& source);

// Reads and checks everything, as a start does, against what the runtime supports.
Result<app::Application> load_checked(const GlobalOptions& global, const SourceOptions& source,
                                      const app::Config& config, const RuntimeFactory& make, const Log& log);

}  // namespace trivium::cli
