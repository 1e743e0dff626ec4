// Reading the files of an application.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"

namespace trivium::app {

// The whole file. NotFound or Internal with the system's reason.
Result<std::string> read_file(const std::filesystem::path& path);

// The *.yaml, *.yml and *.json files below `directory` in byte order of their path components.
// node_modules, linked directories and `except` (an absolute or relative directory; may be empty)
// are not entered. Directories that cannot be read are reported through `unreadable`.
std::vector<std::filesystem::path> find_index_files(const std::filesystem::path& directory,
                                                    const std::filesystem::path& except,
                                                    std::vector<std::filesystem::path>& unreadable);

struct IncludedFile {
  std::string text;
  std::filesystem::path path;
};

// What a file:// value stands for: "file://x" is relative to `directory`, "file:///x" to `root`,
// and neither may leave `root`. Links are followed. The error says what would be right.
Result<IncludedFile> read_file_value(std::string_view url, const std::filesystem::path& directory,
                                     const std::filesystem::path& root);

// One text for every way to write a path, links followed; it need not exist.
std::string absolute_path(const std::filesystem::path& path);

// The path as messages show it: relative to `base` when it lies below it.
std::string shown_path(const std::filesystem::path& path, const std::filesystem::path& base);

}  // namespace trivium::app
