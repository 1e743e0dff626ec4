#include "app/config_layers.h"

#include <algorithm>
#include <set>

namespace trivium::app {
namespace {

bool below(std::string_view key, std::string_view outer) {
  return key.size() > outer.size() && key.starts_with(outer) && key[outer.size()] == '.';
}

void set_leaf(ConfigSection& section, const std::string& key, const Setting& setting) {
  std::erase_if(section, [&](const auto& item) { return below(item.first, key) || below(key, item.first); });
  section.insert_or_assign(key, setting);
}

bool is_map_leaf(const Setting& setting) { return setting.value.is_object(); }

void overlay_section(ConfigSection& base, const ConfigSection& above) {
  for (const auto& [key, setting] : above) {
    // An empty map says nothing about the leaves it could have.
    if (!is_map_leaf(setting)) set_leaf(base, key, setting);
  }
}

void edit_list(ConfigSection& section, const std::string& list, const Setting& edit, bool add) {
  Setting& current = section.try_emplace(list, Setting{Array(), edit.place}).first->second;
  if (!current.value.is_array() || !edit.value.is_array()) return;
  Array& items = current.value.as_array();
  for (const Value& item : edit.value.as_array()) {
    std::erase(items, item);
    if (add) items.push_back(item);
  }
}

// Replaces ${name} in text; names of variables that are being replaced are in `open`.
class Substitution {
 public:
  Substitution(const ConfigSection& vars, Problems& problems) : vars_(vars), problems_(problems) {}

  void apply(Value& value, const Place& place) {
    if (value.is_array()) {
      for (Value& item : value.as_array()) apply(item, place);
    } else if (value.is_string() && value.as_string().find("${") != std::string::npos) {
      value = replaced(value.as_string(), place);
    }
  }

 private:
  Value replaced(const std::string& text, const Place& place) {
    std::string out;
    for (size_t at = 0; at < text.size();) {
      const std::string_view rest = std::string_view(text).substr(at);
      const size_t end = rest.find('}');
      if (rest.starts_with("$${")) {
        out += "${";
        at += 3;
      } else if (rest.starts_with("${") && end != std::string_view::npos &&
                 is_name(rest.substr(2, end - 2))) {
        Value value = lookup(std::string(rest.substr(2, end - 2)), place);
        if (at == 0 && end + 1 == text.size()) return value;
        out += printed(value);
        at += end + 1;
      } else {
        out += text[at++];
      }
    }
    return Value(std::move(out));
  }

  // ${env:X} and ${X|y} in overrides are placeholders of entries, not variables.
  static bool is_name(std::string_view name) {
    return !name.empty() && name.find_first_of(":|") == std::string_view::npos;
  }

  Value lookup(const std::string& name, const Place& place) {
    auto var = vars_.find(name);
    if (var == vars_.end()) {
      std::string known;
      for (const auto& [key, setting] : vars_) known += (known.empty() ? "" : ", ") + key;
      problems_.add(
          place, "unknown variable ${" + name + "}",
          known.empty() ? "there is no section vars; write $${ for a literal ${" : "vars has " + known);
      return Value("");
    }
    if (!open_.insert(name).second) {
      problems_.add(var->second.place, "variable ${" + name + "} refers to itself");
      return Value("");
    }
    Value value = var->second.value;
    apply(value, var->second.place);
    open_.erase(name);
    return value;
  }

  static std::string printed(const Value& value) {
    if (value.is_string()) return value.as_string();
    if (value.is_int()) return std::to_string(value.as_int());
    if (value.is_bool()) return value.as_bool() ? "true" : "false";
    if (!value.is_double()) return {};
    std::string text = std::to_string(value.as_double());
    while (text.ends_with('0')) text.pop_back();
    return text;
  }

  const ConfigSection& vars_;
  Problems& problems_;
  std::set<std::string> open_;
};

}  // namespace

void overlay(ConfigSections& base, const ConfigSections& above) {
  for (const auto& [name, section] : above) overlay_section(base[name], section);
}

void overlay_profile(ConfigSections& base, const ConfigSections& profile) {
  for (const auto& [name, section] : profile) {
    if (name != "disable") {
      overlay_section(base[name], section);
      continue;
    }
    ConfigSection plain = section;
    for (const char* list : {"namespaces", "entries"}) {
      plain.erase(std::string(list) + ".add");
      plain.erase(std::string(list) + ".remove");
    }
    ConfigSection& target = base[name];
    overlay_section(target, plain);
    for (const char* list : {"namespaces", "entries"}) {
      const std::string key = list;
      if (auto removed = section.find(key + ".remove"); removed != section.end()) {
        edit_list(target, key, removed->second, false);
      }
      if (auto added = section.find(key + ".add"); added != section.end()) {
        edit_list(target, key, added->second, true);
      }
    }
  }
}

void substitute_vars(ConfigSections& sections, Problems& problems) {
  const ConfigSection vars = sections["vars"];
  Substitution substitution(vars, problems);
  for (auto& [name, section] : sections) {
    if (name == "vars") continue;
    for (auto& [key, setting] : section) substitution.apply(setting.value, setting.place);
  }
}

}  // namespace trivium::app
