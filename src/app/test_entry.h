// Entries from YAML text, for tests.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "app/index_file.h"
#include "app/registry.h"

namespace trivium::app {

// The entries of an index file named "test.yaml"; mistakes go to `problems`.
inline std::vector<Entry> test_entries(std::string_view yaml, Problems& problems) {
  IndexSource source;
  source.path = "test.yaml";
  source.root = ".";
  source.base = ".";
  source.shown = "test.yaml";
  return parse_index(yaml, source, problems).entries;
}

inline std::vector<EntryPtr> share(std::vector<Entry> entries) {
  std::vector<EntryPtr> shared;
  for (Entry& entry : entries) shared.push_back(std::make_shared<const Entry>(std::move(entry)));
  return shared;
}

inline Snapshot test_snapshot(std::string_view yaml, Problems& problems) {
  return Snapshot(1, share(test_entries(yaml, problems)));
}

}  // namespace trivium::app
