// Looks over a whole application and names every mistake, before anything of it is started.
#pragma once

#include <set>
#include <string>

#include "app/imports.h"
#include "app/kinds.h"
#include "app/registry.h"

namespace trivium::app {

struct CheckOptions {
  const Kinds* kinds = nullptr;  // null: kinds are not checked
  // Names that may stand in `modules` and as built-in imports. Empty: names are not checked.
  std::set<std::string, std::less<>> modules;
  // Those of them that workflows may use, also through libraries. Empty: not checked.
  std::set<std::string, std::less<>> workflow_modules;
  VariableLookup variables;
  std::set<std::string, std::less<>> broken_namespaces;  // from Loaded
};

// Unknown kinds, the checks of each kind, Lua entries with their imports and modules, cycles among
// services. Returns the decoded Lua entries.
LuaEntries check_application(const Snapshot& snapshot, const CheckOptions& options, Problems& problems);

}  // namespace trivium::app
