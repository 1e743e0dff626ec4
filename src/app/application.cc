#include "app/application.h"

#include <algorithm>

#include "app/link.h"
#include "app/pipeline.h"

namespace trivium::app {
namespace {

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

void check_programs(const LuaEntries& lua, const ApplicationOptions& options, Problems& problems) {
  if (!options.check_program) return;
  for (const auto& [id, entry] : lua.all()) options.check_program(entry, problems);
}

// Drops the entries that have mistakes. False: there was none to drop.
bool skip_entries(std::vector<EntryPtr>& entries, const Problems& mistakes, const Log& log) {
  std::set<std::string> skipped;
  for (const Problem& problem : mistakes.all()) {
    log.warn("skipping entry", Object{{"entry", problem.entry}, {"error", problem.render()}});
    skipped.insert(problem.entry);
  }
  return std::erase_if(entries, [&](const EntryPtr& entry) { return skipped.contains(entry->id.text()); }) >
         0;
}

}  // namespace

Result<Application> load_application(const Config& config, const ApplicationOptions& options,
                                     const Log& log) {
  Problems problems;
  LoadOptions load;
  load.layout = {options.root, options.lock_file, config.replacements()};
  load.lenient = options.lenient;
  Loaded loaded = load_entries(load, log, problems);

  std::vector<Entry> entries =
      run_pipeline(std::move(loaded.entries), {config.overrides(), config.disable()}, log, problems);
  const std::vector<std::string> missing = missing_modules(entries, loaded.layout.modules, log);

  std::vector<EntryPtr> shared;
  shared.reserve(entries.size());
  for (Entry& entry : entries) shared.push_back(std::make_shared<const Entry>(std::move(entry)));

  const CheckOptions check{
      options.kinds, options.modules, options.workflow_modules, {}, std::move(loaded.broken_namespaces)};
  Snapshot snapshot(0, shared);
  Problems found;
  LuaEntries lua = check_application(snapshot, check, found);
  const bool lenient = options.lenient && problems.empty();
  if (lenient || !problems.empty() || !found.empty()) check_programs(lua, options, found);
  // What refers to a skipped entry has a mistake in turn.
  while (lenient && !found.empty() && skip_entries(shared, found, log)) {
    snapshot = Snapshot(0, shared);
    found = {};
    lua = check_application(snapshot, check, found);
    check_programs(lua, options, found);
  }
  problems.append(found);
  if (!problems.empty()) {
    if (!missing.empty()) problems.add({}, "modules that are not installed: " + joined(missing));
    return fail(problems.to_error());
  }
  return Application{std::move(shared), std::move(snapshot), std::move(lua), std::move(loaded.layout),
                     missing};
}

}  // namespace trivium::app
