// All live executions by serial, and their registered names.
#pragma once

#include <array>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/spin_lock.h"
#include "sched/ref.h"

namespace trivium::units {

class Process;

// Thread-safe; sharded so that sends to different processes do not meet.
class ProcessTable {
 public:
  void insert(uint64_t serial, sched::Ref<Process> process);
  void erase(uint64_t serial);
  sched::Ref<Process> find(uint64_t serial) const;
  std::vector<sched::Ref<Process>> all() const;
  size_t size() const;

 private:
  struct Shard {
    mutable SpinLock lock;
    std::unordered_map<uint64_t, sched::Ref<Process>> processes;
  };
  static constexpr size_t shard_count = 64;
  std::array<Shard, shard_count> shards_;
};

// Names of this runtime. A name belongs to a PID text, live or not; all names of a process go with
// it. Thread-safe.
class Names {
 public:
  enum class Registered { fresh, already_own, taken };

  Registered insert(const std::string& name, const std::string& pid);
  std::optional<std::string> find(const std::string& name) const;
  std::vector<std::string> of(const std::string& pid) const;  // sorted
  bool erase(const std::string& name);
  void erase_all_of(const std::string& pid);

 private:
  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::string> owners_;
  std::unordered_multimap<std::string, std::string> names_;  // by owner
};

}  // namespace trivium::units
