#include "app/config.h"

#include <algorithm>

#include "app/config_flags.h"
#include "app/config_layers.h"
#include "app/config_options.h"
#include "app/files.h"
#include "app/similar.h"

namespace trivium::app {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> files_of(const ConfigOptions& options) {
  if (!options.files.empty()) return options.files;
  std::error_code ignored;
  for (const char* name : {".trivium.yaml", ".wippy.yaml"}) {
    if (fs::exists(options.root / name, ignored)) return {options.root / name};
  }
  return {};
}

// All layers in order; `profiles` is gone afterwards.
ConfigSections merge_layers(const ConfigOptions& options, const std::vector<fs::path>& files,
                            Problems& problems) {
  ConfigSections merged;
  std::map<std::string, ConfigSections, std::less<>> profiles;
  for (const fs::path& path : files) {
    const std::string shown = shown_path(path, options.root);
    Result<std::string> text = read_file(path);
    if (!text) {
      problems.add({shown}, "failed to read config file: " + text.error().message);
      continue;
    }
    ConfigFile file = parse_config(*text, shown, options.environment, problems);
    overlay(merged, file.sections);
    for (const auto& [name, sections] : file.profiles) overlay(profiles[name], sections);
  }
  for (const std::string& name : options.profiles) {
    auto profile = profiles.find(name);
    if (profile == profiles.end()) {
      std::vector<std::string> names;
      names.reserve(profiles.size());
      for (const auto& [known, sections] : profiles) names.push_back(known);
      problems.add({"--profile " + name}, "there is no profile " + name, did_you_mean(name, names));
    } else {
      overlay_profile(merged, profile->second);
    }
  }
  const auto overlay_leaf = [&](const std::string& section, const std::string& key, Value value,
                                std::string source) {
    ConfigSections layer;
    layer[section].emplace(key, Setting{std::move(value), {std::move(source)}});
    overlay(merged, layer);
  };
  for (const auto& [path, value] : options.flags) {
    const size_t dot = path.find('.');
    if (dot != std::string::npos)
      overlay_leaf(path.substr(0, dot), path.substr(dot + 1), value, "command line");
  }
  for (const std::string& text : options.sets) {
    if (Result<SetFlag> set = parse_set(text); set) {
      overlay_leaf(set->section, set->key, std::move(set->value), "--set " + text);
    } else {
      problems.add({}, set.error().message);
    }
  }
  return merged;
}

std::vector<Override> take_overrides(const ConfigSection& section, const std::vector<std::string>& flags,
                                     Problems& problems) {
  std::vector<Override> overrides;
  for (const auto& [key, setting] : section) {
    if (setting.value.is_nil() || setting.value.is_object()) continue;
    Result<Override> override = parse_override_key(key);
    if (!override) {
      problems.add(setting.place, "override: " + override.error().message);
      continue;
    }
    override->value = setting.value;
    override->place = setting.place;
    overrides.push_back(std::move(*override));
  }
  for (const std::string& flag : flags) {
    Result<std::vector<Override>> parsed = parse_overrides(flag);
    if (!parsed) {
      problems.add({}, parsed.error().message);
      continue;
    }
    std::move(parsed->begin(), parsed->end(), std::back_inserter(overrides));
  }
  return overrides;
}

std::vector<std::string> strings_of(const Setting& setting, const std::string& name, Problems& problems) {
  if (setting.value.is_string()) return {setting.value.as_string()};
  std::vector<std::string> texts;
  if (!setting.value.is_array()) {
    if (!setting.value.is_nil()) problems.add(setting.place, name + " must be a list of strings");
    return texts;
  }
  for (const Value& item : setting.value.as_array()) {
    if (item.is_string()) {
      texts.push_back(item.as_string());
    } else {
      problems.add(setting.place, name + " must be a list of strings");
    }
  }
  return texts;
}

DisableRules take_disable(const ConfigSection& section, Problems& problems) {
  DisableRules rules;
  for (const auto& [key, setting] : section) {
    if (key == "namespaces") {
      rules.namespaces = strings_of(setting, "disable.namespaces", problems);
    } else if (key == "entries") {
      for (const std::string& text : strings_of(setting, "disable.entries", problems)) {
        if (Result<EntryPattern> pattern = EntryPattern::parse(text); pattern) {
          rules.entries.push_back(std::move(*pattern));
        } else {
          problems.add(setting.place, pattern.error().message, "write nsPattern:namePattern");
        }
      }
    } else if (key.starts_with("meta.")) {
      rules.meta.emplace_back(key.substr(5), strings_of(setting, "disable." + key, problems));
    }
  }
  return rules;
}

std::vector<std::pair<std::string, fs::path>> take_replacements(const ConfigSection& section,
                                                                const fs::path& directory,
                                                                Problems& problems) {
  constexpr std::string_view prefix = "replacements.";
  std::vector<std::pair<std::string, fs::path>> replacements;
  for (const auto& [key, setting] : section) {
    // A null disables an inherited replacement.
    if (!key.starts_with(prefix) || setting.value.is_nil()) continue;
    const std::string module = key.substr(prefix.size());
    std::error_code ignored;
    const fs::path path = setting.value.is_string() ? directory / setting.value.as_string() : fs::path();
    if (path.empty() || !fs::is_directory(path, ignored)) {
      problems.add(setting.place, "replacement path of " + module + " is not a directory");
    } else {
      replacements.emplace_back(module, path);
    }
  }
  return replacements;
}

}  // namespace

Config Config::load(const ConfigOptions& options, Problems& problems) {
  Config config;
  const std::vector<fs::path> files = files_of(options);
  config.directory_ = files.empty() ? options.root : files.front().parent_path();
  if (config.directory_.empty()) config.directory_ = ".";
  config.sections_ = merge_layers(options, files, problems);
  substitute_vars(config.sections_, problems);
  check_option_types(config.sections_, problems);
  config.overrides_ = take_overrides(config.sections_["override"], options.overrides, problems);
  config.disable_ = take_disable(config.sections_["disable"], problems);
  config.replacements_ = take_replacements(config.sections_["workspace"], config.directory_, problems);
  return config;
}

const Value* Config::find(std::string_view section, std::string_view key) const {
  auto found = sections_.find(section);
  if (found == sections_.end()) return nullptr;
  auto setting = found->second.find(key);
  return setting == found->second.end() || setting->second.value.is_nil() ? nullptr : &setting->second.value;
}

bool Config::boolean(std::string_view section, std::string_view key, bool fallback) const {
  const Value* value = find(section, key);
  return value != nullptr && value->is_bool() ? value->as_bool() : fallback;
}

int64_t Config::integer(std::string_view section, std::string_view key, int64_t fallback) const {
  const Value* value = find(section, key);
  return value != nullptr && value->is_int() ? value->as_int() : fallback;
}

double Config::number(std::string_view section, std::string_view key, double fallback) const {
  const Value* value = find(section, key);
  return value != nullptr && value->is_number() ? value->number() : fallback;
}

std::string Config::text(std::string_view section, std::string_view key, std::string_view fallback) const {
  const Value* value = find(section, key);
  return value != nullptr && value->is_string() ? value->as_string() : std::string(fallback);
}

Duration Config::duration(std::string_view section, std::string_view key, Duration fallback) const {
  const Value* value = find(section, key);
  if (value == nullptr || !value->is_string()) return fallback;
  return parse_duration(value->as_string()).value_or(fallback);
}

std::vector<std::string> Config::texts(std::string_view section, std::string_view key) const {
  std::vector<std::string> texts;
  const Value* value = find(section, key);
  if (value == nullptr || !value->is_array()) return texts;
  for (const Value& item : value->as_array()) {
    if (item.is_string()) texts.push_back(item.as_string());
  }
  return texts;
}

}  // namespace trivium::app
