// From a project directory to a checked application: layout, files, pipeline, checks.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "app/check.h"
#include "app/config.h"
#include "app/loader.h"

namespace trivium::app {

struct ApplicationOptions {
  std::filesystem::path root = ".";
  std::optional<std::filesystem::path> lock_file;
  // Files and entries with mistakes are skipped with a warning instead of refused. Mistakes in the
  // lock file and in overrides stay fatal.
  bool lenient = false;
  const Kinds* kinds = nullptr;                         // null: kinds are not checked
  std::set<std::string, std::less<>> modules;           // empty: names of modules are not checked
  std::set<std::string, std::less<>> workflow_modules;  // of these; empty: not checked
  // Notes mistakes in the text of a program. Whoever runs the application compiles its programs anyway,
  // so this is asked only when something else is wrong, to show all mistakes at once, and if lenient.
  // May be empty.
  std::function<void(const LuaEntry&, Problems&)> check_program;
};

struct Application {
  std::vector<EntryPtr> entries;  // in load order, ready for Registry::publish
  Snapshot snapshot;              // the same, ordered by id (version 0)
  LuaEntries lua;                 // of the same entries
  Layout layout;
  std::vector<std::string> missing_modules;
};

// Reads and checks everything and starts nothing. The error lists all mistakes, one a line, and
// has them as details. Blocks on files.
Result<Application> load_application(const Config& config, const ApplicationOptions& options, const Log& log);

}  // namespace trivium::app
