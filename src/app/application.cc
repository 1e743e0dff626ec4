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

  const CheckOptions check{options.kinds, options.modules, {}, std::move(loaded.broken_namespaces)};
  Snapshot snapshot(0, shared);
  Problems found;
  LuaEntries lua = check_application(snapshot, check, found);
  if (options.lenient && problems.empty() && !found.empty()) {
    std::set<std::string> skipped;
    for (const Problem& problem : found.all()) {
      log.warn("skipping entry", Object{{"entry", problem.entry}, {"error", problem.render()}});
      skipped.insert(problem.entry);
    }
    std::erase_if(shared, [&](const EntryPtr& entry) { return skipped.contains(entry->id.text()); });
    snapshot = Snapshot(0, shared);
    Problems known;
    lua = LuaEntries(snapshot, FieldContext{}, known);
  } else {
    problems.append(found);
  }
  if (!problems.empty()) {
    if (!missing.empty()) problems.add({}, "modules that are not installed: " + joined(missing));
    return fail(problems.to_error());
  }
  return Application{std::move(shared), std::move(snapshot), std::move(lua), std::move(loaded.layout),
                     missing};
}

}  // namespace trivium::app
