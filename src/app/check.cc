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

void check_modules(const Snapshot& snapshot, const LuaEntries& lua_entries,
                   const std::set<std::string, std::less<>>& known, Problems& problems) {
  for (const auto& [id, lua] : lua_entries.all()) {
    const Entry& entry = *snapshot.find(id);
    for (const std::string& module : lua.modules) {
      // Repeated names were dropped: find the place by the name as written.
      std::string path = "modules";
      if (const Value* list = entry.field("modules"); list != nullptr && list->is_array()) {
        for (size_t i = list->as_array().size(); i-- > 0;) {
          if (list->as_array()[i] == Value(module)) path = "modules[" + std::to_string(i) + "]";
        }
      }
      check_module(entry, path, module, known, problems);
    }
    for (const Import& import : lua.imports) {
      if (import.built_in())
        check_module(entry, "imports." + import.alias, import.target.name, known, problems);
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
  Dependencies(snapshot).check_cycles(problems);
  return lua_entries;
}

}  // namespace trivium::app
