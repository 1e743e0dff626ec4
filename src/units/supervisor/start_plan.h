// Which services have to start or stop together, and in what order. Plain functions over a graph.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "core/entry_id.h"
#include "core/error.h"

namespace trivium::units {

// For every entry, supervised or not, the entries it refers to (app::Dependencies::of).
using References = std::map<EntryId, std::vector<EntryId>>;

struct ServiceNode {
  std::vector<EntryId> lifecycle_refs;  // lifecycle.requires and depends_on (Dependencies::lifecycle_of)
  bool optional = false;
  bool running = false;
};

struct ServiceGraph {
  std::map<EntryId, ServiceNode> services;
  const References& references;
};

struct ServiceDependencies {
  std::set<EntryId> services;
  std::vector<EntryId> missing;  // lifecycle refs that lead to no service
};

// Follows every reference of a service, through entries that are none, to the services behind it. One that
// leads back to the service itself counts only if it is a lifecycle ref.
ServiceDependencies dependencies_of(const ServiceGraph& graph, const EntryId& id);

struct PlannedService {
  EntryId id;
  std::set<EntryId> awaits;  // those of its dependencies that do not run yet: planned too
  bool required = false;     // a required root needs it
};

struct BlockedService {
  EntryId id;
  Error error;
  bool required = false;
};

struct StartPlan {
  std::vector<PlannedService> services;  // each after its dependencies
  std::vector<BlockedService> blocked;   // services that miss a dependency, and their dependents
};

// What starting `roots` (each registered) means. Those that run already are left out. Invalid if the
// services to be started depend on each other in a circle.
Result<StartPlan> plan_start(const ServiceGraph& graph, const std::vector<EntryId>& roots);

// `id` and every service that needs it, directly or not.
std::set<EntryId> with_dependents(const ServiceGraph& graph, const EntryId& id);

// `ids` (registered) in the order of stopping: dependents in an earlier level than what they depend on. A
// circle is cut somewhere.
std::vector<std::vector<EntryId>> stop_levels(const ServiceGraph& graph, const std::set<EntryId>& ids);

}  // namespace trivium::units
