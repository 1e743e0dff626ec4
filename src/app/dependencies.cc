#include "app/dependencies.h"

#include <algorithm>
#include <functional>
#include <queue>
#include <unordered_map>

#include "app/cycles.h"
#include "app/reference_fields.h"

namespace trivium::app {

Dependencies::Dependencies(const Snapshot& snapshot) : snapshot_(snapshot) {
  for (const EntryPtr& entry : snapshot.all()) {
    namespaces_[entry->id.ns].push_back(entry->id);
    std::vector<std::string> groups;
    collect_leaf(entry->field("meta.groups"), groups);
    for (const std::string& group : groups) groups_[group].push_back(entry->id);
    if (entry->kind != "env.variable") continue;
    const Value* name = entry->field("variable");
    if (name != nullptr && name->is_string()) variables_.emplace(name->as_string(), entry->id);
  }
}

void Dependencies::resolve(const std::string& text, const std::string& home,
                           std::vector<EntryId>& into) const {
  const EntryId id = EntryId::resolve(text, home);
  if (id.ns == "group" || id.ns == "ns") {
    const auto& members = id.ns == "group" ? groups_ : namespaces_;
    if (auto found = members.find(id.name); found != members.end()) {
      into.insert(into.end(), found->second.begin(), found->second.end());
      return;
    }
    if (snapshot_.find(id) == nullptr) return;
  }
  into.push_back(id);
}

std::vector<EntryId> Dependencies::of(const Entry& entry) const {
  const References references = references_of(entry);
  std::vector<EntryId> found;
  for (const std::string& text : references.entries) resolve(text, entry.id.ns, found);
  for (const std::string& name : references.variables) {
    auto variable = variables_.find(name);
    found.push_back(variable != variables_.end() ? variable->second : EntryId::resolve(name, entry.id.ns));
  }
  std::erase_if(found, [&](const EntryId& id) { return id == entry.id || snapshot_.find(id) == nullptr; });
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

std::vector<EntryId> Dependencies::lifecycle_of(const Entry& entry) const {
  std::vector<std::string> texts;
  collect_leaf(entry.field("lifecycle.requires"), texts);
  collect_leaf(entry.field("lifecycle.depends_on"), texts);
  std::vector<EntryId> found;
  for (const std::string& text : texts) resolve(text, entry.id.ns, found);
  std::vector<EntryId> unique;
  for (EntryId& id : found) {
    if (std::find(unique.begin(), unique.end(), id) == unique.end()) unique.push_back(std::move(id));
  }
  return unique;
}

std::vector<const Entry*> Dependencies::creation_order() const {
  const auto entries = snapshot_.all();
  std::unordered_map<EntryId, size_t> index;
  for (size_t i = 0; i < entries.size(); ++i) index.emplace(entries[i]->id, i);
  std::vector<std::vector<size_t>> dependents(entries.size());
  std::vector<size_t> waiting(entries.size(), 0);
  for (size_t i = 0; i < entries.size(); ++i) {
    for (const EntryId& id : of(*entries[i])) {
      dependents[index.at(id)].push_back(i);
      ++waiting[i];
    }
  }
  // The snapshot is ordered by id, so the lowest index is the lowest id.
  std::priority_queue<size_t, std::vector<size_t>, std::greater<>> ready;
  for (size_t i = 0; i < entries.size(); ++i) {
    if (waiting[i] == 0) ready.push(i);
  }
  std::vector<const Entry*> order;
  std::vector<bool> placed(entries.size(), false);
  size_t lowest = 0;
  while (order.size() < entries.size()) {
    size_t next = 0;
    if (ready.empty()) {
      while (placed[lowest]) ++lowest;
      next = lowest;
    } else {
      next = ready.top();
      ready.pop();
      if (placed[next]) continue;
    }
    placed[next] = true;
    order.push_back(entries[next].get());
    for (size_t dependent : dependents[next]) {
      if (--waiting[dependent] == 0 && !placed[dependent]) ready.push(dependent);
    }
  }
  return order;
}

void Dependencies::check_cycles(Problems& problems) const {
  const auto entries = snapshot_.all();
  std::unordered_map<EntryId, size_t> index;
  for (size_t i = 0; i < entries.size(); ++i) index.emplace(entries[i]->id, i);
  std::vector<std::vector<size_t>> edges(entries.size());
  for (size_t i = 0; i < entries.size(); ++i) {
    for (const EntryId& id : lifecycle_of(*entries[i])) {
      if (auto target = index.find(id); target != index.end()) edges[i].push_back(target->second);
    }
  }
  for (const std::vector<size_t>& cycle : find_cycles(edges)) {
    const Entry& first = *entries[cycle.front()];
    std::string text;
    for (size_t node : cycle) text += entries[node]->id.text() + " -> ";
    const std::string field =
        first.field("lifecycle.requires") != nullptr ? "lifecycle.requires" : "lifecycle.depends_on";
    problems.add(first.problem(field, "services wait for each other in a cycle: " + text + first.id.text()));
  }
}

}  // namespace trivium::app
