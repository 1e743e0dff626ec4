// Reads an application's entries from its files.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "app/entry.h"
#include "app/layout.h"
#include "core/log.h"

namespace trivium::app {

struct LoadOptions {
  LayoutOptions layout;
  // Warn about a file with mistakes and skip it as a whole, instead of adding to the problems.
  bool lenient = false;
};

struct Loaded {
  std::vector<Entry> entries;  // in load order, no two with the same id
  Layout layout;
  // Namespaces of files that could not be read: what they define is unknown, so a reference into
  // one of them is not known to be wrong.
  std::set<std::string, std::less<>> broken_namespaces;
};

// Discovers the layout under options.layout.root and reads every index file. Strict: everything
// wrong is in `problems` and the runtime should refuse to start. Reads files; blocks.
Loaded load_entries(const LoadOptions& options, const Log& log, Problems& problems);

}  // namespace trivium::app
