#include "app/link.h"

#include <algorithm>
#include <optional>

#include "app/fields.h"
#include "app/override.h"

namespace trivium::app {
namespace {

struct Parameter {
  std::string name;
  Value value;
};

struct Dependency {
  EntryId id;
  std::string component;
  std::vector<Parameter> parameters;
};

struct Target {
  EntryId entry;
  std::string path;
};

struct Requirement {
  EntryId id;
  std::string module;  // meta.module of the entry
  std::optional<Value> fallback;
  std::vector<Target> targets;
  Place place;
};

bool is_component(std::string_view text) {
  const size_t slash = text.find('/');
  return slash != std::string_view::npos && slash > 0 && slash + 1 < text.size() &&
         text.find('/', slash + 1) == std::string_view::npos;
}

bool is_scalar(const Value* value) { return value != nullptr && !value->is_array() && !value->is_object(); }

std::string text_of(const Value& map, std::string_view key) {
  const Value* value = map.find(key);
  return value != nullptr && value->is_string() ? value->as_string() : std::string();
}

std::string item_path(std::string_view list, size_t index) {
  return std::string(list) + "[" + std::to_string(index) + "]";
}

// Values are carried as written: placeholders belong to the entries they are injected into.
const Array& list_of(const Entry& entry, std::string_view path, Problems& problems) {
  static const Array nothing;
  const Value* list = entry.field(path);
  if (list == nullptr) return nothing;
  if (list->is_array()) return list->as_array();
  problems.add(entry.problem(path, "must be a list, not " + with_article(list->type_name())));
  return nothing;
}

Dependency read_dependency(const Entry& entry, Problems& problems) {
  Dependency dependency{entry.id, text_of(entry.data, "component"), {}};
  if (!is_component(dependency.component)) {
    problems.add(entry.problem("component", "invalid dependency component \"" + dependency.component + "\"",
                               "write org/module"));
  }
  const Array& parameters = list_of(entry, "parameters", problems);
  for (size_t i = 0; i < parameters.size(); ++i) {
    const std::string name = text_of(parameters[i], "name");
    const Value* value = parameters[i].find("value");
    if (name.empty()) {
      problems.add(
          entry.problem(item_path("parameters", i), "must have a name", "write {name: …, value: …}"));
    } else if (!is_scalar(value)) {
      problems.add(entry.problem(item_path("parameters", i) + ".value", "must be a single value"));
    } else {
      dependency.parameters.push_back({name, *value});
    }
  }
  return dependency;
}

Requirement read_requirement(const Entry& entry, Problems& problems) {
  Requirement requirement{entry.id, text_of(entry.meta, "module"), std::nullopt, {}, entry.place()};
  // A null is no default.
  if (const Value* fallback = entry.field("default"); fallback != nullptr) {
    if (is_scalar(fallback)) {
      requirement.fallback = *fallback;
    } else {
      problems.add(
          entry.problem("default", "must be a single value, not " + with_article(fallback->type_name())));
    }
  }
  const Array& targets = list_of(entry, "targets", problems);
  for (size_t i = 0; i < targets.size(); ++i) {
    Target target{EntryId::resolve(text_of(targets[i], "entry"), entry.id.ns), text_of(targets[i], "path")};
    if (target.entry.name.empty() || target.path.empty()) {
      problems.add(entry.problem(item_path("targets", i), "must name an entry and a path",
                                 "write {entry: name, path: field}"));
    } else {
      requirement.targets.push_back(std::move(target));
    }
  }
  return requirement;
}

bool matches(const Parameter& parameter, const Dependency& dependency, const Requirement& requirement) {
  std::string dotted = dependency.component;
  std::replace(dotted.begin(), dotted.end(), '/', '.');
  const bool same_module = requirement.id.ns == dotted || requirement.module == dependency.component;
  const EntryId name = EntryId::parse(parameter.name);
  if (name.name != requirement.id.name) return false;
  if (name.ns.empty()) return same_module;
  return name.ns == requirement.id.ns || (name.ns == dotted && same_module);
}

// The value for a requirement: NotFound or Conflict when there is none.
Result<Value> value_for(const Requirement& requirement, const std::vector<Dependency>& dependencies) {
  std::optional<Value> value;
  std::string source;
  for (const Dependency& dependency : dependencies) {
    for (const Parameter& parameter : dependency.parameters) {
      if (!matches(parameter, dependency, requirement)) continue;
      if (value && !(*value == parameter.value)) {
        return fail(kind::conflict, "parameter conflict: " + source + " and " + dependency.id.text() +
                                        " give different values for " + requirement.id.text());
      }
      value = parameter.value;
      source = dependency.id.text();
    }
  }
  if (value) return *value;
  if (requirement.fallback) return *requirement.fallback;
  return fail(kind::not_found, "no value available for " + requirement.id.text());
}

Result<> inject(std::vector<Entry>& entries, const Requirement& requirement, const Value& value) {
  if (requirement.targets.empty()) return fail(kind::invalid, "no targets");
  for (const Target& target : requirement.targets) {
    auto entry =
        std::find_if(entries.begin(), entries.end(), [&](const Entry& e) { return e.id == target.entry; });
    if (entry == entries.end()) {
      return fail(kind::not_found, "target " + target.entry.text() + " does not exist");
    }
    Override injection{target.entry, target.path, value, requirement.place};
    if (target.path.ends_with("+=")) {
      if (auto set = set_at(*entry, target.path, value); !set) return set;
    } else if (auto set = apply_override(*entry, injection); !set) {
      return set;
    }
  }
  return {};
}

}  // namespace

void link_entries(std::vector<Entry>& entries, const Log& log, Problems& problems) {
  std::vector<Dependency> dependencies;
  std::vector<Requirement> requirements;
  for (const Entry& entry : entries) {
    if (entry.kind == "ns.dependency") dependencies.push_back(read_dependency(entry, problems));
    if (entry.kind == "ns.requirement") requirements.push_back(read_requirement(entry, problems));
  }
  bool warned = false;
  for (const Requirement& requirement : requirements) {
    Result<> done;
    if (const Result<Value> value = value_for(requirement, dependencies); value) {
      done = inject(entries, requirement, *value);
    } else {
      done = tl::unexpected(value.error());
    }
    if (done) continue;
    warned = true;
    log.warn("unresolved requirement", Object{{"requirement", requirement.id.text()},
                                              {"place", requirement.place.text()},
                                              {"error", done.error().message}});
  }
  if (warned) log.info("link stage completed with warnings");
}

std::vector<std::string> missing_modules(const std::vector<Entry>& entries,
                                         const std::vector<std::string>& installed, const Log& log) {
  std::vector<std::string> missing;
  for (const Entry& entry : entries) {
    if (entry.kind != "ns.dependency") continue;
    const std::string component = text_of(entry.data, "component");
    if (!is_component(component) ||
        std::find(installed.begin(), installed.end(), component) != installed.end()) {
      continue;
    }
    log.warn("module not installed", Object{{"component", component}, {"entry", entry.id.text()}});
    if (std::find(missing.begin(), missing.end(), component) == missing.end()) missing.push_back(component);
  }
  return missing;
}

}  // namespace trivium::app
