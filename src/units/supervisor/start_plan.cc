#include "units/supervisor/start_plan.h"

#include <algorithm>
#include <string>
#include <utility>

#include "app/cycles.h"

namespace trivium::units {
namespace {

// Adds the services that `ref` is, or that the references of a plain entry lead to.
void follow(const ServiceGraph& graph, const EntryId& ref, std::set<EntryId>& seen,
            std::set<EntryId>& found) {
  if (graph.services.count(ref) != 0) {
    found.insert(ref);
    return;
  }
  if (!seen.insert(ref).second) return;
  const auto edges = graph.references.find(ref);
  if (edges == graph.references.end()) return;
  for (const EntryId& next : edges->second) follow(graph, next, seen, found);
}

Error blocked_error(const EntryId& id, const std::vector<EntryId>& missing) {
  std::string text = "service startup blocked by missing dependencies: " + id.text() + " requires ";
  for (size_t i = 0; i < missing.size(); ++i) text += (i == 0 ? "" : ", ") + missing[i].text();
  return Error::of(kind::invalid, std::move(text));
}

class Planner {
 public:
  explicit Planner(const ServiceGraph& graph) : graph_(graph) {}

  Result<StartPlan> plan(const std::vector<EntryId>& roots) {
    for (const EntryId& root : roots) collect(root);
    spread_blocks();
    for (const EntryId& root : roots) {
      if (!graph_.services.at(root).optional) require(root);
    }
    StartPlan plan;
    for (const auto& [id, node] : nodes_) {
      if (node.error) plan.blocked.push_back({id, *node.error, node.required});
    }
    for (const EntryId& root : roots) order(root, plan);
    if (auto sound = check_cycles(plan); !sound) return tl::unexpected(sound.error());
    return plan;
  }

 private:
  struct Node {
    std::set<EntryId> awaits;
    std::optional<Error> error;
    bool required = false;
    bool ordered = false;
  };

  void collect(const EntryId& id) {
    if (graph_.services.at(id).running) return;
    const auto [at, fresh] = nodes_.try_emplace(id);
    if (!fresh) return;
    ServiceDependencies dependencies = dependencies_of(graph_, id);
    if (!dependencies.missing.empty()) at->second.error = blocked_error(id, dependencies.missing);
    std::erase_if(dependencies.services,
                  [this](const EntryId& other) { return graph_.services.at(other).running; });
    at->second.awaits = std::move(dependencies.services);
    for (const EntryId& other : at->second.awaits) collect(other);
  }

  // From those that miss something to those that need them.
  void spread_blocks() {
    for (bool changed = true; changed;) {
      changed = false;
      for (auto& [id, node] : nodes_) {
        if (node.error) continue;
        for (const EntryId& other : node.awaits) {
          node.error = nodes_.at(other).error;
          if (node.error) break;
        }
        changed |= node.error.has_value();
      }
    }
  }

  void require(const EntryId& id) {
    const auto at = nodes_.find(id);
    if (at == nodes_.end() || at->second.required) return;
    at->second.required = true;
    for (const EntryId& other : at->second.awaits) require(other);
  }

  // What only blocked services need is not started either.
  void order(const EntryId& id, StartPlan& plan) {
    const auto at = nodes_.find(id);
    if (at == nodes_.end() || at->second.error || at->second.ordered) return;
    at->second.ordered = true;
    for (const EntryId& other : at->second.awaits) order(other, plan);
    plan.services.push_back({id, at->second.awaits, at->second.required});
  }

  static Result<> check_cycles(const StartPlan& plan) {
    std::map<EntryId, size_t> index;
    for (const PlannedService& service : plan.services) index.emplace(service.id, index.size());
    std::vector<std::vector<size_t>> edges;
    for (const PlannedService& service : plan.services) {
      std::vector<size_t>& targets = edges.emplace_back();
      for (const EntryId& other : service.awaits) targets.push_back(index.at(other));
    }
    const auto cycles = app::find_cycles(edges);
    if (cycles.empty()) return {};
    std::string text = "failed to determine start dependency levels: ";
    for (size_t node : cycles.front()) text += plan.services[node].id.text() + " -> ";
    return fail(kind::invalid, text + plan.services[cycles.front().front()].id.text());
  }

  const ServiceGraph& graph_;
  std::map<EntryId, Node> nodes_;
};

// Depth first through the dependencies inside `ids`; an edge back into the path under way is ignored.
class Leveller {
 public:
  Leveller(const ServiceGraph& graph, const std::set<EntryId>& ids) : graph_(graph), ids_(ids) {}

  std::vector<std::vector<EntryId>> levels() {
    for (const EntryId& id : ids_) visit(id);
    std::vector<std::vector<EntryId>> levels;
    std::map<EntryId, size_t> level_of;
    for (auto id = finished_.rbegin(); id != finished_.rend(); ++id) {
      const size_t level = level_of[*id];
      if (levels.size() <= level) levels.resize(level + 1);
      levels[level].push_back(*id);
      for (const EntryId& other : nodes_[*id].edges) level_of[other] = std::max(level_of[other], level + 1);
    }
    for (auto& level : levels) std::sort(level.begin(), level.end());
    return levels;
  }

 private:
  struct Node {
    std::vector<EntryId> edges;
    bool finished = false;
  };

  void visit(const EntryId& id) {
    const auto [at, fresh] = nodes_.try_emplace(id);
    if (!fresh) return;
    for (const EntryId& other : dependencies_of(graph_, id).services) {
      if (ids_.count(other) == 0) continue;
      visit(other);
      if (nodes_.at(other).finished) at->second.edges.push_back(other);
    }
    at->second.finished = true;
    finished_.push_back(id);
  }

  const ServiceGraph& graph_;
  const std::set<EntryId>& ids_;
  std::map<EntryId, Node> nodes_;
  std::vector<EntryId> finished_;
};

}  // namespace

ServiceDependencies dependencies_of(const ServiceGraph& graph, const EntryId& id) {
  ServiceDependencies result;
  std::set<EntryId> seen;
  if (const auto edges = graph.references.find(id); edges != graph.references.end()) {
    for (const EntryId& ref : edges->second) follow(graph, ref, seen, result.services);
  }
  result.services.erase(id);
  for (const EntryId& ref : graph.services.at(id).lifecycle_refs) {
    std::set<EntryId> found;
    seen.clear();
    follow(graph, ref, seen, found);
    if (found.empty()) result.missing.push_back(ref);
    result.services.merge(found);
  }
  return result;
}

Result<StartPlan> plan_start(const ServiceGraph& graph, const std::vector<EntryId>& roots) {
  return Planner(graph).plan(roots);
}

std::set<EntryId> with_dependents(const ServiceGraph& graph, const EntryId& id) {
  std::map<EntryId, std::set<EntryId>> needed_by;
  for (const auto& [service, node] : graph.services) {
    for (const EntryId& other : dependencies_of(graph, service).services) needed_by[other].insert(service);
  }
  std::set<EntryId> all{id};
  std::vector<EntryId> open{id};
  while (!open.empty()) {
    const EntryId next = std::move(open.back());
    open.pop_back();
    for (const EntryId& other : needed_by[next]) {
      if (all.insert(other).second) open.push_back(other);
    }
  }
  return all;
}

std::vector<std::vector<EntryId>> stop_levels(const ServiceGraph& graph, const std::set<EntryId>& ids) {
  return Leveller(graph, ids).levels();
}

}  // namespace trivium::units
