// The runtime's configuration: files, profiles, variables and command line flags, merged per leaf.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/pipeline.h"
#include "core/duration.h"

namespace trivium::app {

struct ConfigOptions {
  std::filesystem::path root = ".";
  std::vector<std::filesystem::path> files;  // --config; empty: .trivium.yaml, else .wippy.yaml in root
  std::vector<std::string> profiles;         // --profile, in order
  // What global flags set: "section.key" -> value. Above profiles, below `sets`.
  std::vector<std::pair<std::string, Value>> flags;
  std::vector<std::string> sets;       // --set section.path=value
  std::vector<std::string> overrides;  // -o, each a comma-separated (CSV) list of ns:entry:field=value
  // The operating system's environment, for ${env:NAME} in files.
  std::function<std::optional<std::string>(const std::string& name)> environment;
};

// A leaf and where it was written.
struct Setting {
  Value value;
  Place place;
};

// Immutable after loading, so safe to read from any thread.
class Config {
 public:
  // Mistakes in files and flags go to `problems`; what is right is kept.
  static Config load(const ConfigOptions& options, Problems& problems);

  // The leaf "section.key.more" is section "section", key "key.more". Null when not set.
  const Value* find(std::string_view section, std::string_view key) const;
  // Values of another type than asked for count as not set.
  bool boolean(std::string_view section, std::string_view key, bool fallback) const;
  int64_t integer(std::string_view section, std::string_view key, int64_t fallback) const;
  double number(std::string_view section, std::string_view key, double fallback) const;
  std::string text(std::string_view section, std::string_view key, std::string_view fallback) const;
  Duration duration(std::string_view section, std::string_view key, Duration fallback) const;
  std::vector<std::string> texts(std::string_view section, std::string_view key) const;

  // The section `override` with -o on top.
  const std::vector<Override>& overrides() const { return overrides_; }
  // The section `disable`.
  const DisableRules& disable() const { return disable_; }
  // workspace.replacements: "org/module" -> existing directory.
  const std::vector<std::pair<std::string, std::filesystem::path>>& replacements() const {
    return replacements_;
  }
  // Where relative paths of the configuration start: the first file's directory, or the root.
  const std::filesystem::path& directory() const { return directory_; }

 private:
  using Section = std::map<std::string, Setting, std::less<>>;
  std::map<std::string, Section, std::less<>> sections_;
  std::vector<Override> overrides_;
  DisableRules disable_;
  std::vector<std::pair<std::string, std::filesystem::path>> replacements_;
  std::filesystem::path directory_;
};

}  // namespace trivium::app
