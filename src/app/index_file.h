// One index file: from its text to its entries.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "app/entry.h"

namespace trivium::app {

struct IndexSource {
  std::filesystem::path path;
  std::filesystem::path root;  // of the load path: what file:/// refers to and may not leave
  std::filesystem::path base;  // of the project: included files are shown relative to it
  std::string shown;           // the file's name in messages
  bool lenient = false;        // what the reference runtime tolerates is tolerated
};

struct IndexFile {
  // False for YAML and JSON files that belong to something else: they have no namespace.
  bool application = false;
  // False when nothing could be made of the file; its namespace is then a guess.
  bool readable = true;
  std::string ns;
  std::vector<Entry> entries;  // those without mistakes
};

// Mistakes go to `problems`; entries without mistakes are returned all the same.
IndexFile parse_index(std::string_view text, const IndexSource& source, Problems& problems);

}  // namespace trivium::app
