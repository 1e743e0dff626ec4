#include "units/process_table.h"

#include <algorithm>

#include "core/fetch.h"
#include "units/process.h"

namespace trivium::units {

void ProcessTable::insert(uint64_t serial, sched::Ref<Process> process) {
  Shard& shard = shards_[serial % shard_count];
  const std::lock_guard lock(shard.lock);
  shard.processes.emplace(serial, std::move(process));
}

void ProcessTable::erase(uint64_t serial) {
  Shard& shard = shards_[serial % shard_count];
  sched::Ref<Process> erased;  // destroyed outside the lock
  const std::lock_guard lock(shard.lock);
  if (const auto at = shard.processes.find(serial); at != shard.processes.end()) {
    erased = std::move(at->second);
    shard.processes.erase(at);
  }
}

sched::Ref<Process> ProcessTable::find(uint64_t serial) const {
  const Shard& shard = shards_[serial % shard_count];
  const std::lock_guard lock(shard.lock);
  const auto at = shard.processes.find(serial);
  if (at == shard.processes.end()) return nullptr;
  // Whoever looks for it goes on to its mailbox: better to wait for all of it at once.
  constexpr size_t busy_part = 128;
  fetch(at->second.get(), busy_part);
  return at->second;
}

std::vector<sched::Ref<Process>> ProcessTable::all() const {
  std::vector<sched::Ref<Process>> found;
  for (const Shard& shard : shards_) {
    const std::lock_guard lock(shard.lock);
    for (const auto& [serial, process] : shard.processes) found.push_back(process);
  }
  return found;
}

size_t ProcessTable::size() const {
  size_t total = 0;
  for (const Shard& shard : shards_) {
    const std::lock_guard lock(shard.lock);
    total += shard.processes.size();
  }
  return total;
}

Names::Registered Names::insert(const std::string& name, const std::string& pid) {
  const std::lock_guard lock(mutex_);
  const auto [at, fresh] = owners_.try_emplace(name, pid);
  if (!fresh) return at->second == pid ? Registered::already_own : Registered::taken;
  names_.emplace(pid, name);
  return Registered::fresh;
}

std::optional<std::string> Names::find(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto at = owners_.find(name);
  if (at == owners_.end()) return std::nullopt;
  return at->second;
}

std::vector<std::string> Names::of(const std::string& pid) const {
  std::vector<std::string> found;
  const std::lock_guard lock(mutex_);
  const auto [first, last] = names_.equal_range(pid);
  for (auto at = first; at != last; ++at) found.push_back(at->second);
  std::sort(found.begin(), found.end());
  return found;
}

bool Names::erase(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto owner = owners_.find(name);
  if (owner == owners_.end()) return false;
  const auto [first, last] = names_.equal_range(owner->second);
  for (auto at = first; at != last; ++at) {
    if (at->second == name) {
      names_.erase(at);
      break;
    }
  }
  owners_.erase(owner);
  return true;
}

void Names::erase_all_of(const std::string& pid) {
  const std::lock_guard lock(mutex_);
  const auto [first, last] = names_.equal_range(pid);
  for (auto at = first; at != last; ++at) owners_.erase(at->second);
  names_.erase(first, last);
}

}  // namespace trivium::units
