// Which fields of an entry hold references to other entries.
#pragma once

#include <string>
#include <vector>

#include "app/entry.h"

namespace trivium::app {

struct References {
  std::vector<std::string> entries;    // ids, group:x, ns:x, as written
  std::vector<std::string> variables;  // names of environment variables
};

References references_of(const Entry& entry);

// The strings of a leaf that may be a string, a list of strings, or a map of strings.
void collect_leaf(const Value* leaf, std::vector<std::string>& into);

}  // namespace trivium::app
