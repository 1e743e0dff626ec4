#include "app/manifest.h"

#include <fnmatch.h>

#include <algorithm>

#include "app/document.h"
#include "app/files.h"

namespace trivium::app {

Manifest Manifest::read(const std::filesystem::path& module_root) {
  Manifest manifest;
  const auto text = read_file(module_root / "wippy.yaml");
  if (!text) return manifest;
  const Document document = parse_yaml(*text);
  if (const auto* exclude = document.root.find("exclude"); exclude != nullptr) {
    for (const Node& item : exclude->value.items) {
      if (!item.is_string()) continue;
      const std::string& rule = item.scalar.as_string();
      if (rule.find(':') == std::string::npos) {
        manifest.globs_.push_back(rule);
      } else if (auto pattern = EntryPattern::parse(rule)) {
        manifest.patterns_.push_back(std::move(*pattern));
      }
    }
  }
  if (const auto* meta = document.root.find("exclude_meta"); meta != nullptr) {
    for (const Node::Member& member : meta->value.members) {
      std::vector<std::string> values;
      if (member.value.is_string()) values.push_back(member.value.scalar.as_string());
      for (const Node& item : member.value.items) {
        if (item.is_string()) values.push_back(item.scalar.as_string());
      }
      manifest.meta_.emplace_back(member.key, std::move(values));
    }
  }
  return manifest;
}

bool Manifest::excludes_file(const std::filesystem::path& relative) const {
  const std::string path = relative.string();
  const std::string name = relative.filename().string();
  return std::any_of(globs_.begin(), globs_.end(), [&](const std::string& glob) {
    return fnmatch(glob.c_str(), path.c_str(), 0) == 0 || fnmatch(glob.c_str(), name.c_str(), 0) == 0;
  });
}

bool Manifest::excludes(const Entry& entry) const {
  for (const EntryPattern& pattern : patterns_) {
    if (pattern.matches(entry.id)) return true;
  }
  for (const auto& [field, values] : meta_) {
    const Value* value = entry.meta.find_path(field);
    if (value == nullptr || !value->is_string()) continue;
    if (std::find(values.begin(), values.end(), value->as_string()) != values.end()) return true;
  }
  return false;
}

}  // namespace trivium::app
