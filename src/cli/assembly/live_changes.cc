// Taking over changed entries while the application runs. Whatever can be refused is refused before anything
// has changed; what follows then cannot fail.
#include <algorithm>
#include <utility>

#include "cli/assembly/entry_changes.h"
#include "cli/assembly/local_runtime.h"
#include "services/contracts.h"
#include "services/env.h"
#include "units/supervision/supervisors.h"

namespace trivium::cli {
namespace {

Array ids_of(const std::vector<app::EntryPtr>& entries) {
  Array ids;
  ids.reserve(entries.size());
  for (const app::EntryPtr& entry : entries) ids.emplace_back(entry->id.text());
  return ids;
}

Object summary(uint64_t version, const EntryChanges& changes) {
  return Object{{"version", static_cast<int64_t>(version)},
                {"created", ids_of(changes.created)},
                {"updated", ids_of(changes.updated)},
                {"deleted", ids_of(changes.deleted)}};
}

void publish(units::EventBus& bus, const char* kind, const std::vector<app::EntryPtr>& entries) {
  if (!bus.wanted()) return;
  for (const app::EntryPtr& entry : entries) {
    bus.publish(
        "registry", kind, entry->id.text(),
        Object{{"id", Object{{"ns", entry->id.ns}, {"name", entry->id.name}}}, {"kind", entry->kind}});
  }
}

// Those that are services of their own, and no child of another.
std::set<EntryId> root_supervisors(const app::Snapshot& entries, app::Problems& problems) {
  const std::set<EntryId> below = supervised_supervisors(entries, problems);
  std::set<EntryId> roots;
  for (const app::Entry* entry : entries.of_kind("process.supervisor")) {
    if (!below.contains(entry->id)) roots.insert(entry->id);
  }
  return roots;
}

}  // namespace

struct LocalRuntime::Changeover {
  const app::Application& application;
  app::Snapshot after;
  EntryChanges changes;
  app::FieldContext context;
  units::Programs::SetRef programs;
  std::set<std::string> rebuilt;
  std::shared_ptr<services::Contracts> contracts;
  std::set<EntryId> roots_before;
  std::set<EntryId> roots_after;
};

Result<Value> LocalRuntime::reload() {
  if (!options_.read_again) return fail(kind::unavailable, "this application cannot be read again");
  const std::lock_guard lock(changing_);
  auto application = options_.read_again();
  if (!application) return fail(std::move(application.error()));
  return take_over(*application);
}

Result<Value> LocalRuntime::take_over(const app::Application& application) {
  Changeover change{application, app::Snapshot(0, application.entries), {}, {}, nullptr, {}, nullptr, {}, {}};
  change.changes = compare(*entries_, change.after);
  if (change.changes.empty()) return summary(entries_->version(), change.changes);
  app::Problems problems;
  check_changes(change.changes, *entries_, problems);
  prepare(change, problems);
  if (!problems.empty()) return fail(problems.to_error());
  const auto env = node_.service<services::Env>();
  env->apply(change.after, problems);
  change.context = {env->lookup(), &change.after, nullptr};
  read_units(change, problems);
  if (!problems.empty()) {
    app::Problems known;
    env->apply(*entries_, known);
    return fail(problems.to_error());
  }
  commit(change);
  return summary(entries_->version(), change.changes);
}

void LocalRuntime::prepare(Changeover& change, app::Problems& problems) {
  change.programs = node_.programs().prepare(change.application.lua, change.after, problems);
  change.rebuilt = node_.programs().changed(*change.programs);
  for (const std::string& id : change.rebuilt) {
    const app::Entry* entry = change.after.find(EntryId::parse(id));
    const bool itself = std::any_of(change.changes.updated.begin(), change.changes.updated.end(),
                                    [&](const app::EntryPtr& updated) { return updated.get() == entry; });
    if (entry->kind != "workflow.lua" || itself || entries_->find(entry->id) == nullptr) continue;
    problems.add(entry->problem("imports",
                                "what the workflow imports cannot change while the application runs",
                                "start the application again for that"));
  }
  // Those that are to be there anew while the ones before them have not ended yet.
  for (const app::EntryPtr& entry : change.changes.created) {
    if (is_supervised_unit(entry->kind) && supervisor_.status(entry->id)) {
      problems.add(entry->problem({}, entry->id.text() + " was deleted and is still being stopped",
                                  "try again in a moment"));
    }
  }
}

// Their mistakes, now that the values of variables are known.
void LocalRuntime::read_units(Changeover& change, app::Problems& problems) {
  change.contracts = std::make_shared<services::Contracts>();
  change.contracts->apply(change.after, change.context, problems);
  app::Problems known;
  change.roots_before = root_supervisors(*entries_, known);
  change.roots_after = root_supervisors(change.after, problems);
  for (const app::EntryPtr& entry : change.after.all()) {
    app::Fields fields(*entry, change.context, problems);
    if (entry->kind == "process.host") read_process_host(fields);
    if (entry->kind == "process.service") read_process_service(fields);
  }
  for (const EntryId& id : change.roots_after)
    read_supervisor(*change.after.find(id), change.context, problems);
}

void LocalRuntime::commit(Changeover& change) {
  app::Problems none;  // all of them were found before
  entries_ = options_.registry->publish(change.application.entries);
  dependencies_ = std::make_shared<const app::Dependencies>(*entries_);
  change.context.snapshot = entries_.get();
  change_functions(change);
  node_.set_service(std::move(change.contracts));
  units::References references;
  for (const app::EntryPtr& entry : entries_->all()) references[entry->id] = dependencies_->of(*entry);
  supervisor_.set_references(std::move(references));
  change_hosts(change);
  change_services(change);
  change_supervisors(change);
  remove_units(change);

  std::set<std::string> touched;
  for (const app::EntryPtr& entry : change.changes.updated) touched.insert(entry->id.text());
  node_.announce_changes(std::move(touched));
  publish(node_.events(), "entry.create", change.changes.created);
  publish(node_.events(), "entry.update", change.changes.updated);
  publish(node_.events(), "entry.delete", change.changes.deleted);
  options_.log.renamed("registry").info("entries changed", summary(entries_->version(), change.changes));
  supervisor_.start_auto();
}

// A function whose code or settings differ gets a pool of the next generation; calls in progress keep the old
// one.
void LocalRuntime::change_functions(const Changeover& change) {
  std::set<EntryId> updated;
  for (const app::EntryPtr& entry : change.changes.updated) updated.insert(entry->id);
  node_.programs().adopt(change.programs);
  for (const auto& [id, entry] : change.application.lua.all()) {
    if (entry.kind != app::LuaKind::function) continue;
    if (updated.contains(id) || change.rebuilt.contains(id.text())) create_function(entry);
  }
  for (const app::EntryPtr& entry : change.changes.deleted) {
    if (entry->kind == "function.lua") node_.functions().remove(entry->id.text());
  }
}

void LocalRuntime::change_hosts(const Changeover& change) {
  app::Problems none;
  for (const app::EntryPtr& entry : change.changes.created) {
    app::Fields fields(*entry, change.context, none);
    if (entry->kind == "process.host") create_process_host(*entry, fields);
  }
  bool resized = false;
  for (const app::EntryPtr& entry : change.changes.updated) {
    const auto host = std::dynamic_pointer_cast<units::ProcessHost>(node_.host(entry->id.text()));
    if (entry->kind != "process.host" || !host) continue;
    app::Fields fields(*entry, change.context, none);
    host->configure_workers(read_process_host(fields).workers);
    resized = true;
  }
  if (resized) node_.fit_threads();
}

void LocalRuntime::change_services(const Changeover& change) {
  app::Problems none;
  for (const app::EntryPtr& entry : change.changes.created) {
    app::Fields fields(*entry, change.context, none);
    if (entry->kind == "process.service") create_process_service(*entry, fields);
  }
  for (const app::EntryPtr& entry : change.changes.updated) {
    const auto at = process_services_.find(entry->id);
    if (at == process_services_.end()) continue;
    app::Fields fields(*entry, change.context, none);
    ProcessServiceEntry read = read_process_service(fields);
    FrameRef frame = service_frame(read.lifecycle);
    at->second->configure(std::move(read), std::move(frame));
  }
}

// A tree takes its new shape when it is started the next time.
void LocalRuntime::change_supervisors(const Changeover& change) {
  app::Problems none;
  const auto running = node_.service<units::Supervisors>();
  for (const EntryId& id : change.roots_after) {
    const SupervisorEntry read = read_supervisor(*entries_->find(id), change.context, none);
    running->declare(*read.spec);
    if (const auto at = supervisor_services_.find(id); at != supervisor_services_.end()) {
      at->second->configure(read.spec, service_frame(read.lifecycle));
    } else {
      create_supervisor(*entries_->find(id), read);
    }
  }
}

// Services stop, dependents first, and then nothing is left of them.
void LocalRuntime::remove_units(const Changeover& change) {
  std::set<EntryId> gone;
  for (const EntryId& id : change.roots_before) {
    if (!change.roots_after.contains(id)) gone.insert(id);
  }
  for (const app::EntryPtr& entry : change.changes.deleted) {
    if (is_supervised_unit(entry->kind)) gone.insert(entry->id);
  }
  if (gone.empty()) return;
  for (const EntryId& id : gone) {
    process_services_.erase(id);
    supervisor_services_.erase(id);
  }
  const auto running = node_.service<units::Supervisors>();
  supervisor_.remove(gone, [this, gone, running, entries = entries_](const Result<>&) {
    for (const EntryId& id : gone) {
      if (entries->find(id) != nullptr) continue;  // a supervisor that is a child of another now
      node_.remove_host(id.text());
      running->forget(id.text());
    }
  });
}

}  // namespace trivium::cli
