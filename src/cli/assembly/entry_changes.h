// What differs between two versions of an application's entries, and which differences a running application
// can take over.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "app/problem.h"
#include "app/registry.h"

namespace trivium::cli {

struct EntryChanges {
  std::vector<app::EntryPtr> created;
  std::vector<app::EntryPtr> updated;  // as they are now
  std::vector<app::EntryPtr> deleted;  // as they were

  bool empty() const { return created.empty() && updated.empty() && deleted.empty(); }
};

// Where an entry stands in its file makes no difference.
EntryChanges compare(const app::Snapshot& before, const app::Snapshot& after);

// Notes every change that takes a new start, and why.
void check_changes(const EntryChanges& changes, const app::Snapshot& before, app::Problems& problems);

// Of a process.host, terminal.host, process.service, process.supervisor.
bool is_supervised_unit(std::string_view kind);

}  // namespace trivium::cli
