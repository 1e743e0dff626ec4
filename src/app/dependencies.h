// What an entry needs before it can be created or started.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "app/registry.h"

namespace trivium::app {

// The edges between the entries of one snapshot, which must outlive it. Immutable, thread-safe.
class Dependencies {
 public:
  explicit Dependencies(const Snapshot& snapshot);

  // Every entry that `entry` refers to through a field known to hold references, without itself
  // and without unknown targets, ordered by id.
  std::vector<EntryId> of(const Entry& entry) const;

  // lifecycle.requires, then lifecycle.depends_on: group:x and ns:x replaced by their members;
  // unknown targets stay. Each once.
  std::vector<EntryId> lifecycle_of(const Entry& entry) const;

  // All entries, each after those it depends on; independent ones by (namespace, name). In a cycle
  // the lowest id comes first.
  std::vector<const Entry*> creation_order() const;

  // Notes every cycle of lifecycle.requires and depends_on.
  void check_cycles(Problems& problems) const;

 private:
  // Ids that the text of a reference stands for.
  void resolve(const std::string& text, const std::string& home, std::vector<EntryId>& into) const;

  const Snapshot& snapshot_;
  std::map<std::string, std::vector<EntryId>, std::less<>> groups_;      // meta.groups -> members
  std::map<std::string, std::vector<EntryId>, std::less<>> namespaces_;  // namespace -> members
  std::map<std::string, EntryId, std::less<>> variables_;                // public name -> env.variable
};

}  // namespace trivium::app
