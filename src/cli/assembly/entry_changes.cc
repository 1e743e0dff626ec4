#include "cli/assembly/entry_changes.h"

#include <algorithm>
#include <array>

#include "app/kinds.h"

namespace trivium::cli {
namespace {

constexpr std::array<std::string_view, 10> live_kinds{
    "function.lua",    "process.lua",        "library.lua",         "module.lua",       "process.host",
    "process.service", "process.supervisor", "contract.definition", "contract.binding", "env.variable"};

bool is_live(std::string_view kind) {
  return app::is_passive_kind(kind) || kind.starts_with("env.storage.") ||
         std::find(live_kinds.begin(), live_kinds.end(), kind) != live_kinds.end();
}

bool same(const app::Entry& a, const app::Entry& b) {
  return a.kind == b.kind && a.meta == b.meta && a.data == b.data;
}

bool same_field(const app::Entry& a, const app::Entry& b, std::string_view path) {
  const Value* left = a.field(path);
  const Value* right = b.field(path);
  return left == nullptr || right == nullptr ? left == right : *left == *right;
}

constexpr std::string_view start_again = "start the application again for that";

void check_host(const app::Entry& before, const app::Entry& after, app::Problems& problems) {
  for (const char* field : {"host.queue_size", "host.local_queue_size", "lifecycle"}) {
    if (same_field(before, after, field)) continue;
    problems.add(after.problem(field, std::string(field) + " of a host cannot change while the host runs",
                               "host.workers can; " + std::string(start_again)));
  }
}

}  // namespace

bool is_supervised_unit(std::string_view kind) {
  return kind == "process.host" || kind == "process.service" || kind == "process.supervisor";
}

EntryChanges compare(const app::Snapshot& before, const app::Snapshot& after) {
  EntryChanges changes;
  for (const app::EntryPtr& entry : after.all()) {
    const app::Entry* old = before.find(entry->id);
    if (old == nullptr) {
      changes.created.push_back(entry);
    } else if (!same(*old, *entry)) {
      changes.updated.push_back(entry);
    }
  }
  for (const app::EntryPtr& entry : before.all()) {
    if (after.find(entry->id) == nullptr) changes.deleted.push_back(entry);
  }
  return changes;
}

void check_changes(const EntryChanges& changes, const app::Snapshot& before, app::Problems& problems) {
  const auto refuse = [&](const app::Entry& entry, const char* what) {
    if (is_live(entry.kind)) return;
    problems.add(entry.problem(
        "kind", "an entry of kind " + entry.kind + " cannot be " + what + " while the application runs",
        std::string(start_again)));
  };
  for (const app::EntryPtr& entry : changes.created) refuse(*entry, "created");
  for (const app::EntryPtr& entry : changes.deleted) refuse(*entry, "deleted");
  for (const app::EntryPtr& entry : changes.updated) {
    const app::Entry& old = *before.find(entry->id);
    if (old.kind != entry->kind) {
      problems.add(
          entry->problem("kind", "the kind of an entry cannot change from " + old.kind + " to " + entry->kind,
                         "give the new one another name"));
      continue;
    }
    refuse(*entry, "changed");
    if (entry->kind == "process.host") check_host(old, *entry, problems);
  }
}

}  // namespace trivium::cli
