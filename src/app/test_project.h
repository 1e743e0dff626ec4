// A throw-away project directory for tests.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "app/loader.h"
#include "app/registry.h"
#include "core/log.h"

namespace trivium::app {

class TestProject {
 public:
  TestProject() {
    std::string pattern = (std::filesystem::temp_directory_path() / "trivium-app-XXXXXX").string();
    root_ = ::mkdtemp(pattern.data());
  }
  ~TestProject() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }
  TestProject(const TestProject&) = delete;
  TestProject& operator=(const TestProject&) = delete;

  const std::filesystem::path& root() const { return root_; }

  TestProject& write(std::string_view path, std::string_view text) {
    const std::filesystem::path file = root_ / path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
    return *this;
  }

  // Loads the project; problems stay in `problems`.
  Loaded load(bool lenient = false) {
    problems = Problems();
    LoadOptions options;
    options.layout.root = root_;
    options.lenient = lenient;
    return load_entries(options, log, problems);
  }

  // The same as a snapshot.
  Snapshot snapshot() {
    std::vector<EntryPtr> entries;
    for (Entry& entry : load().entries) entries.push_back(std::make_shared<const Entry>(std::move(entry)));
    return Snapshot(1, std::move(entries));
  }

  Problems problems;
  Log log;

 private:
  std::filesystem::path root_;
};

// Keeps the messages logged.
class TestSink : public LogSink {
 public:
  bool enabled(LogLevel) const override { return true; }
  void write(const LogRecord& record) override {
    messages.emplace_back(record.message);
    for (const auto& [key, value] : record.fields) {
      if (value.is_string()) messages.back() += " " + key + "=" + value.as_string();
    }
  }
  std::vector<std::string> messages;
};

}  // namespace trivium::app
