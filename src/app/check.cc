#include "app/check.h"

#include "app/dependencies.h"
#include "app/similar.h"

namespace trivium::app {
namespace {

void check_kind(const Entry& entry, const Kinds& kinds, Problems& problems) {
  if (kinds.known(entry.kind)) return;
  if (is_planned_kind(entry.kind)) {
    problems.add(entry.problem("kind", "kind " + entry.kind + " is not supported by this version yet"));
  } else {
    problems.add(
        entry.problem("kind", "no handler for kind " + entry.kind, did_you_mean(entry.kind, kinds.names())));
  }
}

void check_module(const Entry& entry, const std::string& path, const std::string& module,
                  const std::set<std::string, std::less<>>& known, Problems& problems) {
  if (known.contains(module)) return;
  problems.add(entry.problem(path, "there is no module " + module,
                             did_you_mean(module, std::vector<std::string>(known.begin(), known.end()))));
}

struct NamedModule {
  std::string name;
  std::string field;  // where the entry names it
};

// The built-in modules an entry itself names.
std::vector<NamedModule> modules_of(const LuaEntry& lua, const Entry& entry) {
  std::vector<NamedModule> named;
  for (const std::string& module : lua.modules) {
    // Repeated names were dropped: find the place by the name as written.
    std::string path = "modules";
    if (const Value* list = entry.field("modules"); list != nullptr && list->is_array()) {
      for (size_t i = list->as_array().size(); i-- > 0;) {
        if (list->as_array()[i] == Value(module)) path = "modules[" + std::to_string(i) + "]";
      }
    }
    named.push_back({module, std::move(path)});
  }
  for (const Import& import : lua.imports) {
    if (import.built_in()) named.push_back({import.target.name, "imports." + import.alias});
  }
  return named;
}

void check_modules(const Snapshot& snapshot, const LuaEntries& lua_entries,
                   const std::set<std::string, std::less<>>& known, Problems& problems) {
  for (const auto& [id, lua] : lua_entries.all()) {
    const Entry& entry = *snapshot.find(id);
    for (const NamedModule& module : modules_of(lua, entry)) {
      check_module(entry, module.field, module.name, known, problems);
    }
  }
}

void check_workflow(const LuaEntry& workflow, const Snapshot& snapshot, const LuaEntries& lua_entries,
                    const CheckOptions& options, Problems& problems) {
  const auto refuse = [&](const std::string& field, const std::string& module, const std::string& user) {
    if (!options.modules.contains(module) || options.workflow_modules.contains(module)) return;
    problems.add(
        snapshot.find(workflow.id)
            ->problem(field,
                      "module '" + module + "'" + user +
                          " does not have any allowed class: its results differ from run to run, so a "
                          "workflow may not use it",
                      "call it from a function: in a workflow that is an activity"));
  };
  for (const NamedModule& module : modules_of(workflow, *snapshot.find(workflow.id))) {
    refuse(module.field, module.name, "");
  }
  const Result<ImportClosure> closure = lua_entries.closure(workflow.id);
  if (!closure) return;  // reported already
  for (const Import& library : closure->libraries) {
    const LuaEntry* lua = lua_entries.find(library.target);
    for (const NamedModule& module : modules_of(*lua, *snapshot.find(lua->id))) {
      refuse("imports", module.name, ", which the library " + lua->id.text() + " uses,");
    }
  }
}

}  // namespace

LuaEntries check_application(const Snapshot& snapshot, const CheckOptions& options, Problems& problems) {
  const FieldContext context{options.variables, &snapshot, &options.broken_namespaces};
  if (options.kinds != nullptr) {
    for (const EntryPtr& entry : snapshot.all()) {
      check_kind(*entry, *options.kinds, problems);
      options.kinds->check(*entry, context, problems);
    }
  }
  LuaEntries lua_entries(snapshot, context, problems);
  if (!options.modules.empty()) check_modules(snapshot, lua_entries, options.modules, problems);
  if (!options.workflow_modules.empty()) {
    for (const auto& [id, lua] : lua_entries.all()) {
      if (lua.kind == LuaKind::workflow) check_workflow(lua, snapshot, lua_entries, options, problems);
    }
  }
  Dependencies(snapshot).check_cycles(problems);
  return lua_entries;
}

}  // namespace trivium::app
