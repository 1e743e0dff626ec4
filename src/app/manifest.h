// The manifest of a module (wippy.yaml): which of its files and entries to leave out.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "app/entry.h"
#include "app/pattern.h"

namespace trivium::app {

class Manifest {
 public:
  // A missing or unreadable manifest leaves nothing out.
  static Manifest read(const std::filesystem::path& module_root);

  bool excludes_file(const std::filesystem::path& relative) const;
  bool excludes(const Entry& entry) const;

 private:
  std::vector<std::string> globs_;
  std::vector<EntryPattern> patterns_;
  std::vector<std::pair<std::string, std::vector<std::string>>> meta_;
};

}  // namespace trivium::app
