#include "cli/assembly/supervisor_entry.h"

#include <algorithm>

#include "app/similar.h"

namespace trivium::cli {
namespace {

using units::ChildSpec;
using units::SupervisorSpec;

constexpr std::string_view supervisor_kind = "process.supervisor";
constexpr std::string_view process_kind = "process.lua";
constexpr size_t max_depth = 32;

std::string under(const std::string& path, const std::string& field) {
  return path.empty() ? field : path + "." + field;
}

// Reads one entry. The supervisors that it names are entries of their own, read by readers of their own.
class Reader {
 public:
  Reader(const app::Entry& entry, const app::FieldContext& context, app::Problems& problems, size_t depth)
      : entry_(entry),
        context_(context),
        problems_(problems),
        depth_(depth),
        fields_(entry, context, problems) {}

  std::shared_ptr<const SupervisorSpec> read() {
    check_names("", entry_.data,
                {"strategy", "max_restarts", "period", "children", "dynamic", "host", "lifecycle"});
    return read_spec("", entry_.id.text(), {});
  }
  app::Fields& fields() { return fields_; }

 private:
  // `path`: of the map that describes it; empty for the entry itself.
  std::shared_ptr<const SupervisorSpec> read_spec(const std::string& path, const std::string& address,
                                                  const std::string& outer_host) {
    auto spec = std::make_shared<SupervisorSpec>();
    spec->address = address;
    const std::string strategy = fields_.choice(
        under(path, "strategy"), {"one_for_one", "one_for_all", "rest_for_one"}, "one_for_one");
    spec->strategy = *units::parse_strategy(strategy);
    spec->intensity.restarts =
        fields_.integer(under(path, "max_restarts"), spec->intensity.restarts, {.min = 0, .max = 1000000});
    spec->intensity.period =
        fields_.duration(under(path, "period"), spec->intensity.period, std::chrono::milliseconds(1));
    const std::string host = read_host(under(path, "host"), outer_host);
    read_children(path, host, *spec);
    read_dynamic(under(path, "dynamic"), host, *spec);
    if (spec->children.empty() && !spec->dynamic && entry_.field(under(path, "children")) == nullptr) {
      fields_.problem(under(path, "children"), "is required",
                      "list the children, or write dynamic: true to start them on request");
    }
    return spec;
  }

  std::string read_host(const std::string& path, const std::string& fallback) {
    const EntryId id = fields_.id(path, {.kinds = {"process.host"}});
    return id.name.empty() ? fallback : id.text();
  }

  void read_children(const std::string& path, const std::string& host, SupervisorSpec& spec) {
    const std::string list = under(path, "children");
    const Value* found = entry_.field(list);
    if (found == nullptr) return;
    if (!found->is_array()) {
      fields_.problem(list, "must be a list, not " + app::with_article(found->type_name()),
                      "write [namespace:name, …] or a list of {process: …}");
      return;
    }
    std::set<std::string> ids;
    for (size_t i = 0; i < found->as_array().size(); ++i) {
      const std::string at = list + "[" + std::to_string(i) + "]";
      ChildSpec child = read_child(at, found->as_array()[i], host, spec.address);
      if (!child.rules.id.empty() && !ids.insert(child.rules.id).second) {
        fields_.problem(at, "there are two children with the id " + child.rules.id,
                        "give each an id of its own: {id: …, process: …}");
      }
      spec.children.push_back(std::move(child));
    }
  }

  ChildSpec read_child(const std::string& at, const Value& value, const std::string& host,
                       const std::string& parent) {
    ChildSpec child;
    if (value.is_string()) {
      const EntryId id = fields_.id(at, {.kinds = {process_kind, supervisor_kind}});
      name_target(id, at, child);
      child.rules.id = id.name;
    } else if (value.is_object()) {
      check_names(at, value, {"id", "process", "supervisor", "host", "input", "name", "restart", "shutdown"});
      child.rules.id = fields_.text(under(at, "id"));
      read_target(at, value, host, parent, child);
      child.name = fields_.text(under(at, "name"));
      child.input = fields_.list(under(at, "input"));
      child.host = read_host(under(at, "host"), {});
      refuse_in_supervisor(at, value, child);
    } else {
      fields_.problem(at, "must be a reference or a map, not " + app::with_article(value.type_name()),
                      "write namespace:name or {process: namespace:name}");
      return child;
    }
    const bool supervisor = child.supervisor != nullptr;
    if (supervisor) child.rules.grace.reset();  // its children have their own limits
    read_rules(at, value, child);
    if (!supervisor && child.host.empty()) child.host = host;
    if (!supervisor && !child.process.empty() && child.host.empty()) {
      fields_.problem(value.is_object() ? under(at, "host") : at, "no host is given for this process",
                      "write host: namespace:name, here or once for the supervisor");
    }
    return child;
  }

  // `process`, or `supervisor` as a reference or written in place.
  void read_target(const std::string& at, const Value& value, const std::string& host,
                   const std::string& parent, ChildSpec& child) {
    const Value* process = value.find("process");
    const Value* supervisor = value.find("supervisor");
    if ((process == nullptr) == (supervisor == nullptr)) {
      fields_.problem(at,
                      process == nullptr ? "names neither a process nor a supervisor"
                                         : "names both a process and a supervisor",
                      "write process: namespace:name or supervisor: namespace:name");
      return;
    }
    if (supervisor != nullptr && supervisor->is_object()) {
      const std::string inside = under(at, "supervisor");
      check_names(inside, *supervisor, {"strategy", "max_restarts", "period", "children", "dynamic", "host"});
      if (child.rules.id.empty()) {
        fields_.problem(under(at, "id"), "is required for a supervisor that is no entry",
                        "write id: name; its address is then " + parent + "/name");
      }
      child.supervisor = read_spec(inside, parent + "/" + child.rules.id, host);
      return;
    }
    const std::string field = under(at, process != nullptr ? "process" : "supervisor");
    const std::string_view kind = process != nullptr ? process_kind : supervisor_kind;
    const EntryId id = fields_.id(field, {.required = true, .kinds = {kind}});
    name_target(id, field, child);
    if (child.rules.id.empty()) child.rules.id = id.name;
  }

  void name_target(const EntryId& id, const std::string& field, ChildSpec& child) {
    const app::Entry* target = context_.snapshot != nullptr ? context_.snapshot->find(id) : nullptr;
    if (target == nullptr || target->kind != supervisor_kind) {
      child.process = id.name.empty() ? std::string() : id.text();
      return;
    }
    if (depth_ >= max_depth) {
      fields_.problem(field, "supervisors nest too deep");
      return;
    }
    app::Problems theirs;  // told when that entry is checked
    child.supervisor = Reader(*target, context_, theirs, depth_ + 1).read();
  }

  void refuse_in_supervisor(const std::string& at, const Value& value, const ChildSpec& child) {
    if (!child.supervisor) return;
    for (const char* field : {"host", "input", "name"}) {
      if (value.find(field) == nullptr) continue;
      fields_.problem(under(at, field), std::string("a supervisor as a child has no ") + field,
                      "give it to the processes below");
    }
  }

  void read_rules(const std::string& at, const Value& value, ChildSpec& child) {
    if (!value.is_object()) return;
    const std::string restart = fields_.choice(under(at, "restart"), {"permanent", "transient", "temporary"},
                                               units::name_of(child.rules.restart));
    child.rules.restart = *units::parse_restart(restart);
    const std::string path = under(at, "shutdown");
    const Value* shutdown = entry_.field(path);
    if (shutdown == nullptr) return;
    if (shutdown->is_string()) {
      if (const auto grace = units::parse_grace(shutdown->as_string())) {
        child.rules.grace = *grace;
        return;
      }
    }
    fields_.problem(path, "must be a duration, kill or infinity", "write shutdown: 5s");
  }

  void read_dynamic(const std::string& path, const std::string& host, SupervisorSpec& spec) {
    const Value* found = entry_.field(path);
    spec.pattern.host = host;
    if (found == nullptr) return;
    if (found->is_object()) {
      spec.dynamic = true;
      check_names(path, *found, {"process", "host", "input", "restart", "shutdown", "max_children"});
      const EntryId id = fields_.id(under(path, "process"), {.kinds = {process_kind}});
      if (!id.name.empty()) spec.pattern.process = id.text();
      spec.pattern.host = read_host(under(path, "host"), host);
      spec.pattern.input = fields_.list(under(path, "input"));
      spec.max_children = static_cast<size_t>(fields_.integer(under(path, "max_children"), 0, {.min = 0}));
      read_rules(path, *found, spec.pattern);
    } else {
      spec.dynamic = fields_.boolean(path, false);
    }
    if (spec.dynamic && spec.strategy != units::Strategy::one_for_one) {
      fields_.problem(path, "children on request need strategy one_for_one",
                      "put them under a supervisor of their own");
    }
  }

  void check_names(const std::string& path, const Value& map, const std::vector<std::string>& known) {
    if (!map.is_object()) return;
    for (const auto& [key, value] : map.as_object()) {
      if (std::find(known.begin(), known.end(), key) != known.end()) continue;
      std::string hint = app::did_you_mean(key, known);
      if (hint.empty()) {
        for (const std::string& name : known) hint += (hint.empty() ? "there are " : ", ") + name;
      }
      fields_.problem(under(path, key), "there is no such field", std::move(hint));
    }
  }

  const app::Entry& entry_;
  const app::FieldContext& context_;
  app::Problems& problems_;
  const size_t depth_;
  app::Fields fields_;
};

// The supervisor entries among the children, inline supervisors included.
void collect_supervisors(const Value* children, const std::string& path, const app::Entry& entry,
                         const app::Snapshot& entries, std::vector<std::pair<EntryId, std::string>>& into) {
  if (children == nullptr || !children->is_array()) return;
  for (size_t i = 0; i < children->as_array().size(); ++i) {
    const Value& child = children->as_array()[i];
    const std::string at = path + "[" + std::to_string(i) + "]";
    const Value* below = child.is_string() ? &child : child.find("supervisor");
    if (below == nullptr) continue;
    if (below->is_object()) {
      collect_supervisors(below->find("children"), at + ".supervisor.children", entry, entries, into);
    } else if (below->is_string()) {
      const EntryId id = EntryId::resolve(below->as_string(), entry.id.ns);
      const app::Entry* target = entries.find(id);
      if (target != nullptr && target->kind == supervisor_kind) into.emplace_back(id, at);
    }
  }
}

}  // namespace

SupervisorEntry read_supervisor(const app::Entry& entry, const app::FieldContext& context,
                                app::Problems& problems) {
  Reader reader(entry, context, problems, 0);
  SupervisorEntry read;
  read.spec = reader.read();
  read.lifecycle = app::read_lifecycle(reader.fields());
  if (!reader.fields().has("lifecycle.stop_timeout")) {
    const Duration needed = units::stop_budget(*read.spec) + std::chrono::seconds(2);
    read.lifecycle.stop_timeout = std::max(read.lifecycle.stop_timeout, needed);
  }
  return read;
}

std::set<EntryId> supervised_supervisors(const app::Snapshot& entries, app::Problems& problems) {
  std::map<EntryId, EntryId> parents;
  for (const app::Entry* entry : entries.of_kind(supervisor_kind)) {
    std::vector<std::pair<EntryId, std::string>> below;
    collect_supervisors(entry->field("children"), "children", *entry, entries, below);
    for (const auto& [id, path] : below) {
      const auto [at, fresh] = parents.emplace(id, entry->id);
      if (fresh) continue;
      problems.add(entry->problem(path, id.text() + " is a child of " + at->second.text() + " already",
                                  "a supervisor runs once"));
    }
  }
  std::set<EntryId> supervised;
  for (const auto& [id, parent] : parents) {
    supervised.insert(id);
    const app::Entry& entry = *entries.find(id);
    const Value* auto_start = entry.field("lifecycle.auto_start");
    if (auto_start != nullptr && auto_start->is_bool() && auto_start->as_bool()) {
      problems.add(entry.problem("lifecycle.auto_start",
                                 "it is a child of " + parent.text() + ", which starts it",
                                 "remove auto_start"));
    }
    EntryId above = parent;
    std::string way = id.text() + " -> " + above.text();
    for (size_t steps = 0; steps < parents.size(); ++steps) {
      if (above == id) {
        problems.add(entry.problem("children", "supervisors contain each other: " + way));
        break;
      }
      const auto next = parents.find(above);
      if (next == parents.end()) break;
      above = next->second;
      way += " -> " + above.text();
    }
  }
  return supervised;
}

}  // namespace trivium::cli
