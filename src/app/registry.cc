#include "app/registry.h"

#include <algorithm>

namespace trivium::app {

Snapshot::Snapshot(uint64_t version, std::vector<EntryPtr> entries) : version_(version) {
  const auto by_id = [](const EntryPtr& a, const EntryPtr& b) { return a->id < b->id; };
  std::stable_sort(entries.begin(), entries.end(), by_id);
  entries_.reserve(entries.size());
  for (EntryPtr& entry : entries) {
    if (!entries_.empty() && entries_.back()->id == entry->id) {
      entries_.back() = std::move(entry);
    } else {
      entries_.push_back(std::move(entry));
    }
  }
}

EntryPtr Snapshot::get(const EntryId& id) const {
  auto at = std::lower_bound(entries_.begin(), entries_.end(), id,
                             [](const EntryPtr& entry, const EntryId& wanted) { return entry->id < wanted; });
  return at != entries_.end() && (*at)->id == id ? *at : nullptr;
}

const Entry* Snapshot::find(const EntryId& id) const { return get(id).get(); }

std::vector<const Entry*> Snapshot::of_kind(std::string_view kind) const {
  const bool prefix = kind.ends_with('.');
  std::vector<const Entry*> found;
  for (const EntryPtr& entry : entries_) {
    if (prefix ? entry->kind.starts_with(kind) : entry->kind == kind) found.push_back(entry.get());
  }
  return found;
}

Registry::Registry() : current_(std::make_shared<const Snapshot>()) {}

SnapshotPtr Registry::current() const {
  std::lock_guard lock(mutex_);
  return current_;
}

SnapshotPtr Registry::publish(std::vector<EntryPtr> entries) {
  std::lock_guard lock(mutex_);
  current_ = std::make_shared<const Snapshot>(current_->version() + 1, std::move(entries));
  return current_;
}

Result<SnapshotPtr> Registry::publish_over(uint64_t base, std::vector<EntryPtr> entries) {
  std::lock_guard lock(mutex_);
  if (current_->version() != base) {
    return fail(kind::conflict, "registry is at version " + std::to_string(current_->version()) + ", not " +
                                    std::to_string(base));
  }
  current_ = std::make_shared<const Snapshot>(base + 1, std::move(entries));
  return current_;
}

}  // namespace trivium::app
