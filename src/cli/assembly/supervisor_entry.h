// process.supervisor entries, decoded into trees.
#pragma once

#include <map>
#include <memory>
#include <set>

#include "app/fields.h"
#include "app/lifecycle.h"
#include "app/registry.h"
#include "units/supervision/spec.h"

namespace trivium::cli {

struct SupervisorEntry {
  std::shared_ptr<const units::SupervisorSpec> spec;
  app::Lifecycle lifecycle;  // with time enough for all children to stop, unless the entry says how much
};

// Mistakes go to `problems`; then the tree is incomplete. Supervisors that the entry names are read too.
SupervisorEntry read_supervisor(const app::Entry& entry, const app::FieldContext& context,
                                app::Problems& problems);

// The supervisors that others list among their children: these start and stop them. Notes those with two
// parents, those in a circle, and those that want to start by themselves.
std::set<EntryId> supervised_supervisors(const app::Snapshot& entries, app::Problems& problems);

}  // namespace trivium::cli
