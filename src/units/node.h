// One running runtime: what its units share. Built once at start, torn down last.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <typeindex>
#include <unordered_map>

#include "core/clock.h"
#include "core/log.h"
#include "core/rate_limit.h"
#include "lua/environment.h"
#include "lua/isolate.h"
#include "lua/message.h"
#include "sched/blocking_pool.h"
#include "sched/scheduler.h"
#include "sched/timers.h"
#include "units/event_bus.h"
#include "units/functions.h"
#include "units/memory_guard.h"
#include "units/permissions.h"
#include "units/process_host.h"
#include "units/process_table.h"
#include "units/programs.h"

namespace trivium::units {

struct NodeOptions {
  size_t isolate_memory_limit = 0;  // bytes, 0: none
  unsigned hash_seed = 0;           // of isolates; random per runtime
  size_t total_memory = 0;          // of the program, bytes: see MemoryGuard; 0: its default
  size_t soft_memory = 0;           // likewise, above which idle workers of functions go; 0: none
};

// What a node is built on. All of it outlives the node.
struct NodeParts {
  sched::Scheduler& scheduler;
  sched::Timers& timers;
  sched::BlockingPool& blocking;
  const Clock& clock;
  Random& random;
  const lua::Environment& environment;
  const ModuleSet& modules;
  Log log;
};

// Thread-safe.
class Node {
 public:
  Node(const NodeParts& parts, NodeOptions options);
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  sched::Scheduler& scheduler() { return parts_.scheduler; }
  sched::Timers& timers() { return parts_.timers; }
  sched::BlockingPool& blocking() { return parts_.blocking; }
  const Clock& clock() const { return parts_.clock; }
  Random& random() { return parts_.random; }
  const lua::Environment& environment() const { return parts_.environment; }
  const Log& log() const { return parts_.log; }
  const NodeOptions& options() const { return options_; }
  lua::IsolateOptions isolate_options() const {
    return {&parts_.environment, options_.isolate_memory_limit, options_.hash_seed};
  }
  int64_t started_ns() const { return started_ns_; }
  uint64_t next_serial() { return serial_.fetch_add(1, std::memory_order_relaxed); }

  Programs& programs() { return programs_; }
  Functions& functions() { return functions_; }
  ProcessTable& processes() { return processes_; }
  Names& names() { return names_; }
  EventBus& events() { return events_; }
  MemoryGuard& memory() { return memory_; }

  // Null: everything is allowed. Set once, before anything runs.
  void set_permissions(std::shared_ptr<const Permissions> permissions) {
    permissions_ = std::move(permissions);
  }
  const Permissions* permissions() const { return permissions_.get(); }

  void add_host(const std::string& id, std::shared_ptr<SpawnTarget> host);
  void remove_host(const std::string& id);
  std::shared_ptr<SpawnTarget> host(std::string_view id) const;

  // The PID that `destination` (PID text or registered name) means. NotFound when it is neither.
  Result<std::string> resolve(const std::string& destination) const;
  // The local process of a PID; null when there is none.
  sched::Ref<Process> local(std::string_view pid) const;
  // A message from the runtime or a provider to a local process. False when it is gone.
  bool deliver(const std::string& pid, lua::Message message);

  // These entries changed: processes that asked for it hear of it (process.event.OUTDATED).
  void announce_changes(std::set<std::string> ids);

  // Gives the scheduler as many workers as it began with, or as the host with the most has been given since.
  // Returns how many there are.
  size_t fit_threads();

  // Services of other rooms, by type: env, terminals, workflows.
  template <class T>
  void set_service(std::shared_ptr<T> service) {
    const std::lock_guard lock(mutex_);
    services_[std::type_index(typeid(T))] = std::move(service);
  }
  template <class T>
  std::shared_ptr<T> service() const {
    const std::lock_guard lock(mutex_);
    const auto at = services_.find(std::type_index(typeid(T)));
    return at == services_.end() ? nullptr : std::static_pointer_cast<T>(at->second);
  }

  // One line, at most once a second for an entry: it failed and nobody hears of it, or it took too much
  // memory.
  void report_failed(const Process& process, const Error& error);
  // One line, at most once a second for an entry: a value could not cross an isolate's edge.
  void report_dropped(Process& process, std::string_view operation, std::string_view path,
                      std::string_view type);

 private:
  NodeParts parts_;
  const NodeOptions options_;
  const int64_t started_ns_;
  const size_t first_threads_;
  std::atomic<uint64_t> serial_{1};
  MemoryGuard memory_;
  Programs programs_;
  Functions functions_;
  ProcessTable processes_;
  Names names_;
  EventBus events_;
  std::shared_ptr<const Permissions> permissions_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<SpawnTarget>> hosts_;
  std::unordered_map<std::type_index, std::shared_ptr<void>> services_;
  // When something was last said of an entry.
  using Reported = std::unordered_map<std::string, int64_t>;
  bool may_report(Reported& reported, const std::string& entry);
  Reported dropped_reported_;
  Reported failed_reported_;
};

}  // namespace trivium::units
