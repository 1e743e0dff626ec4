#include "cli/workflows/stores.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "app/registry.h"
#include "app/similar.h"
#include "cli/application.h"
#include "cli/assembly/entries.h"
#include "core/clock.h"
#include "services/env.h"
#include "units/pid.h"
#include "units/workflows/postgres/operator.h"
#include "units/workflows/sqlite/operator.h"

namespace trivium::cli {
namespace {

using units::workflows::Operator;
using units::workflows::RunRow;
using units::workflows::RunStatus;

// Runs among which beginnings and similar names are looked for.
constexpr size_t recent_runs = 2000;

using Opened = Result<std::unique_ptr<Operator>>;

// A file that does not exist yet is no mistake: nothing ran so far.
Result<> add(std::vector<WorkflowStore>& stores, const std::string& id, Opened opened) {
  if (!opened) {
    if (opened.error().kind == kind::not_found) return {};
    return fail(std::move(opened.error()));
  }
  stores.push_back({id, std::move(*opened)});
  return {};
}

Result<WorkflowStoreEntry> read_entry(const app::Entry& entry, const app::FieldContext& context) {
  app::Problems problems;
  app::Fields fields(entry, context, problems);
  WorkflowStoreEntry store =
      entry.kind == "workflow.postgres" ? read_workflow_postgres(fields) : read_workflow_store(fields);
  if (!problems.empty()) return fail(problems.to_error());
  return store;
}

Opened open_store(const WorkflowStoreEntry& store) {
  if (store.postgres) {
    return units::workflows::open_postgres_operator(*store.postgres, system_clock(), system_random());
  }
  return units::workflows::open_sqlite_operator(store.file, system_clock(), system_random());
}

WorkflowStoreEntry default_store() {
  WorkflowStoreEntry store;
  store.file = default_workflow_file;
  return store;
}

bool is_file(const std::string& chosen) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(chosen, ignored);
}

bool is_provider(const app::Entry& entry) {
  return entry.kind == "workflow.sqlite" || entry.kind == "workflow.postgres";
}

Result<std::vector<WorkflowStore>> open_entries(const Inspected& application, const std::string& chosen) {
  std::vector<app::EntryPtr> all;
  for (const app::Entry& entry : application.entries) all.push_back(std::make_shared<app::Entry>(entry));
  const app::Snapshot snapshot(0, std::move(all));
  services::Env env;
  app::Problems problems;
  env.apply(snapshot, problems);
  if (!problems.empty()) return fail(problems.to_error());
  app::FieldContext context;
  context.variables = env.lookup();
  std::vector<std::pair<std::string, WorkflowStoreEntry>> wanted;
  std::vector<std::string> known{default_workflow_provider};
  bool default_wanted = chosen.empty() || chosen == default_workflow_provider;
  for (const app::EntryPtr& entry : snapshot.all()) {
    if (!is_provider(*entry)) continue;
    const std::string id = entry->id.text();
    known.push_back(id);
    if (!chosen.empty() && chosen != id) continue;
    Result<WorkflowStoreEntry> store = read_entry(*entry, context);
    if (!store) return fail(std::move(store.error()));
    if (store->is_default()) default_wanted = false;  // one file, shown once
    wanted.emplace_back(id, std::move(*store));
  }
  if (default_wanted) wanted.emplace(wanted.begin(), default_workflow_provider, default_store());
  if (wanted.empty()) {
    const std::string hint = app::did_you_mean(chosen, known);
    return fail(kind::not_found, "no workflow store " + chosen + (hint.empty() ? "" : ": " + hint));
  }
  std::vector<WorkflowStore> stores;
  for (const auto& [id, store] : wanted) {
    if (Result<> added = add(stores, id, open_store(store)); !added) return fail(std::move(added.error()));
  }
  return stores;
}

std::string quoted_list(const std::set<std::string>& names) {
  std::string text;
  size_t shown = 0;
  for (const std::string& name : names) {
    if (++shown > 5) return text + " and " + std::to_string(names.size() - 5) + " more";
    text += (text.empty() ? "" : ", ") + name;
  }
  return text;
}

struct Similar {
  std::set<std::string> beginning;  // ids that begin with the text
  std::vector<std::string> ids;     // all workflow ids
};

Result<Similar> similar(std::vector<WorkflowStore>& stores, const std::string& text) {
  Similar found;
  std::set<std::string> ids;
  for (WorkflowStore& store : stores) {
    const auto runs = store.open->list({}, recent_runs, {});
    if (!runs) return fail(runs.error());
    for (const RunRow& run : *runs) {
      ids.insert(run.workflow_id);
      if (run.workflow_id.starts_with(text)) found.beginning.insert(run.workflow_id);
      if (run.run_id.starts_with(text)) found.beginning.insert(run.run_id);
    }
  }
  found.ids.assign(ids.begin(), ids.end());
  return found;
}

// Exactly this id, in all stores.
Result<std::vector<FoundRun>> exact(std::vector<WorkflowStore>& stores, const std::string& text) {
  const auto pid = units::looks_like_pid(text) ? units::parse_pid(text) : std::nullopt;
  const std::string id = pid ? std::string(pid->id) : text;
  std::vector<FoundRun> found;
  for (WorkflowStore& store : stores) {
    if (pid && !pid->node.empty() && pid->node != store.id) continue;
    auto run = store.open->find(id);
    if (!run && run.error().kind == kind::not_found && !pid) run = store.open->run(id);
    if (run) {
      found.push_back({&store, std::move(*run)});
    } else if (run.error().kind != kind::not_found) {
      return fail(std::move(run.error()));
    }
  }
  return found;
}

Result<FoundRun> only(std::vector<FoundRun> found, const std::string& text) {
  if (found.size() == 1) return std::move(found.front());
  std::set<std::string> stores;
  for (const FoundRun& run : found) stores.insert(run.store->id);
  return fail(kind::invalid,
              "several stores have a workflow " + text + ": choose one with --store: " + quoted_list(stores));
}

tl::unexpected<Error> not_found(const std::vector<WorkflowStore>& stores, const std::string& text,
                                const Similar& others) {
  std::string message = "no workflow or run has the ID " + text;
  if (stores.empty()) message += ": nothing was ever started here";
  if (const std::string hint = app::did_you_mean(text, others.ids); !hint.empty()) message += ": " + hint;
  return fail(kind::not_found, message);
}

}  // namespace

Result<std::vector<WorkflowStore>> open_workflow_stores(const GlobalOptions& global,
                                                        const SourceOptions& source,
                                                        const std::string& chosen) {
  if (is_file(chosen)) {
    std::vector<WorkflowStore> stores;
    Result<> added =
        add(stores, chosen, units::workflows::open_sqlite_operator(chosen, system_clock(), system_random()));
    if (!added) return fail(std::move(added.error()));
    return stores;
  }
  const auto config = load_config(global, source);
  if (!config) return fail(config.error());
  app::Problems problems;
  const Inspected application = read_entries(**config, global, source, problems);
  if (!problems.empty()) return fail(problems.to_error());
  if (!application.found && !is_file(default_workflow_file)) return fail(no_application());
  return open_entries(application, chosen);
}

Result<FoundRun> find_run(std::vector<WorkflowStore>& stores, const std::string& text) {
  auto found = exact(stores, text);
  if (!found) return fail(std::move(found.error()));
  if (!found->empty()) return only(std::move(*found), text);
  const auto others = similar(stores, text);
  if (!others) return fail(others.error());
  if (others->beginning.size() > 1) {
    return fail(kind::invalid, "several IDs begin with " + text + ": " + quoted_list(others->beginning));
  }
  if (others->beginning.empty() || text.empty()) return not_found(stores, text, *others);
  found = exact(stores, *others->beginning.begin());
  if (!found) return fail(std::move(found.error()));
  if (found->empty()) return not_found(stores, text, *others);
  return only(std::move(*found), text);
}

Result<FoundRun> find_open_run(std::vector<WorkflowStore>& stores, const std::string& text,
                               std::string_view verb) {
  auto matches = exact(stores, text);
  if (!matches) return fail(std::move(matches.error()));
  if (matches->empty()) {
    const auto others = similar(stores, text);
    if (!others) return fail(others.error());
    if (others->beginning.empty()) return not_found(stores, text, *others);
    return fail(kind::not_found, "no workflow or run has the ID " + text + "; to " + std::string(verb) +
                                     ", give the whole of " + quoted_list(others->beginning));
  }
  auto found = only(std::move(*matches), text);
  if (!found) return found;
  if (found->run.status == RunStatus::running) return found;
  const std::string& id = found->run.workflow_id;
  std::string message = "workflow " + id + " has ended (" + std::string(status_name(found->run.status)) +
                        "): there is nothing to " + std::string(verb);
  if (found->run.run_id == text) {
    const auto latest = found->store->open->find(id);
    if (latest && latest->status == RunStatus::running) {
      message = "run " + text + " has ended (" + std::string(status_name(found->run.status)) +
                "); the open run of workflow " + id + " is " + latest->run_id + ": to " + std::string(verb) +
                " that, give the workflow's ID";
    }
  }
  return fail(kind::not_found, message);
}

}  // namespace trivium::cli
