// The registry: immutable snapshots of all entries, and the current one.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string_view>
#include <vector>

#include "app/entry.h"
#include "core/error.h"

namespace trivium::app {

using EntryPtr = std::shared_ptr<const Entry>;

// All entries at one version, ordered by (namespace, name). Immutable, so freely shared between
// threads; entries unchanged between versions are shared too.
class Snapshot {
 public:
  // Of entries with the same id the last one stays.
  Snapshot(uint64_t version, std::vector<EntryPtr> entries);
  Snapshot() : Snapshot(0, {}) {}

  uint64_t version() const { return version_; }
  // Null when there is none. Valid as long as the snapshot.
  const Entry* find(const EntryId& id) const;
  EntryPtr get(const EntryId& id) const;

  std::span<const EntryPtr> all() const { return entries_; }
  // Entries of exactly this kind, or, when `kind` ends in a dot ("process."), of every kind below.
  std::vector<const Entry*> of_kind(std::string_view kind) const;

 private:
  uint64_t version_;
  std::vector<EntryPtr> entries_;
};

using SnapshotPtr = std::shared_ptr<const Snapshot>;

// Holds the current snapshot. Thread-safe; readers keep the snapshot they took.
class Registry {
 public:
  Registry();

  SnapshotPtr current() const;

  // Makes `entries` the next version and returns it.
  SnapshotPtr publish(std::vector<EntryPtr> entries);
  // The same, but only on top of `base`: Conflict when another version came in between.
  Result<SnapshotPtr> publish_over(uint64_t base, std::vector<EntryPtr> entries);

 private:
  mutable std::mutex mutex_;
  SnapshotPtr current_;
};

}  // namespace trivium::app
