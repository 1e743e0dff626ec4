// Where an application's files are: lock file, source tree, replacements, vendored modules.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/problem.h"
#include "core/log.h"

namespace trivium::app {

// One directory tree to load entries from.
struct LoadPath {
  std::filesystem::path directory;
  std::string module;                 // "org/module" for modules, empty for the application itself
  std::string module_version;         // of modules pinned by the lock file
  std::filesystem::path module_root;  // holds the module's manifest (wippy.yaml), if any
};

struct Layout {
  std::vector<LoadPath> paths;              // in load order: later definitions of an id win
  std::filesystem::path modules_directory;  // not scanned as source
  std::filesystem::path vendor_directory;
  std::vector<std::string> modules;  // all modules that have a load path
  std::filesystem::path lock_file;   // empty when the fallback ./src was taken
  bool found = false;                // false: neither a lock file nor ./src
};

struct LayoutOptions {
  std::filesystem::path root = ".";                // the project: the working directory
  std::optional<std::filesystem::path> lock_file;  // instead of trivium.lock, wippy.lock in root
  // "org/module" -> directory, from the configuration section `workspace`.
  std::vector<std::pair<std::string, std::filesystem::path>> replacements;
};

// Mistakes in the lock file are added to `problems`; what could be understood is returned.
Layout discover_layout(const LayoutOptions& options, const Log& log, Problems& problems);

}  // namespace trivium::app
