// What the runs of a service share.
#pragma once

#include <atomic>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "units/workflows/code.h"
#include "units/workflows/run.h"
#include "units/workflows/service.h"
#include "units/workflows/sharing.h"
#include "units/workflows/sleepers.h"
#include "units/workflows/store/scripts.h"
#include "units/workflows/waiters.h"
#include "units/workflows/watches.h"

namespace trivium::units::workflows {

struct TransactionHints {
  std::string run_id = {};  // the run it is about, if there is one
  bool ends_turn = false;   // that run does nothing else in its turn
};

// Thread-safe. Runs keep it alive; stop() lets go of the runs, which then belong to whoever asked for it.
class Core : public std::enable_shared_from_this<Core> {
 public:
  Core(const ServiceParts& parts, ServiceOptions options, std::unique_ptr<StoreQueue> store,
       std::vector<std::unique_ptr<StoreQueue>> readers);

  const ServiceParts& parts() const { return parts_; }
  const EngineParts& engine_parts() const { return engine_parts_; }
  const ServiceOptions& options() const { return options_; }
  Place place(const std::string& worker) const { return {options_.provider, worker, options_.name_space}; }
  Watches& watches() { return watches_; }
  UpdateWaiters& waiters() { return waiters_; }
  Slots& slots() { return *slots_; }
  // Of workflow tasks. Null: as many as can run at once.
  Slots* task_slots() { return task_slots_.get(); }
  const Log& log() const { return parts_.log; }

  // The wall clock; if several runtimes share the store, the database's, which this one's only measures on.
  int64_t now_ns() const {
    if (!sharing_) return parts_.clock.wall_ns();
    return parts_.clock.monotonic_ns() + clock_offset_ns_.load(std::memory_order_relaxed);
  }
  // `offset_ns`: of the database's clock to the monotonic one.
  void follow_clock(int64_t offset_ns, int64_t tolerance_ns);
  std::string new_run_id() const;
  std::string new_workflow_id();

  // A transaction; what it changed takes effect in this runtime before `done` is called.
  // The store's troubles are told once when they begin and once when they are over.
  using Script = std::function<Result<>(Tables&, ScriptContext&)>;
  void transact(Script script, std::function<void(Result<>)> done, TransactionHints hints = {});
  // Looks at what is committed, beside the transactions if the store has readers, and hinders none of them.
  using Look = std::function<Result<>(Tables&)>;
  void look(Look look, std::function<void(Result<>)> done);

  // --- code (code.h) --------------------------------------------------------------------------------
  // Whether the run goes on with recorded code that is not compiled yet: its text is in the store.
  bool wants_source(const RunRow& run);
  // `stored`: its text, or nothing when it was not wanted or is not there.
  Result<CodeCache::Ref> recorded_code(const std::string& hash, std::optional<std::string> stored);
  // What the store is known to have may be gone.
  void forget_sources();

  // Calls `task` at wall-clock time `due_ns`.
  sched::TimerId at(int64_t due_ns, sched::Task task);
  void cancel(sched::TimerId id) { parts_.timers.cancel(id); }

  // Open runs are in memory while there is something to do for them, or an instance of their code. A run that
  // is there already stays as it is (false): it has heard of all that the loaded one shows.
  bool add_run(LoadedRun loaded);
  bool in_memory(const std::string& run_id);
  std::vector<std::string> all_in_memory();
  // The run has nothing to do before `due_ns` (0: by itself never). False: it is not the one in memory.
  bool leave(Run& run, int64_t due_ns);
  Sleepers& sleepers() { return sleepers_; }
  Service::Counts counts();

  // --- shared stores --------------------------------------------------------------------------------
  // Null: this runtime has the store alone.
  Sharing* sharing() { return sharing_.get(); }
  // Ours again, or for the first time: what is in memory of it is void.
  void replace(LoadedRun loaded);
  // Somebody else wrote to it.
  void refresh(LoadedRun loaded, const std::string& owner);
  // What the store has of these, and besides what has work; those that are missing are gone.
  void compare(const std::vector<std::string>& known, std::vector<LoadedRun> loaded,
               const std::string& owner);
  // Not ours any more.
  void drop(const std::string& run_id);
  void drop(const Run& run);
  void drop_all();
  // A run that was dropped is closed.
  void knows_its_end(const Run& run);

  // `run` has an instance in memory (again); the one used longest ago may have to go.
  void cached(Run& run);
  void uncached(Run& run);

  void retry_parked();
  // Looks for operations of other processes from now on.
  void poll_operations();
  // Removes runs that closed long ago, now and again.
  void sweep();
  // Returns the runs that were in memory: they close when they have their turn.
  std::vector<sched::Ref<Run>> stop();
  // Lets go of what is left of the work for others, when the scheduler has stopped for good.
  void abandon();
  bool stopped() const { return stopped_.load(std::memory_order_relaxed); }
  // Stopped and done with its parts.
  bool released() const { return released_.load(std::memory_order_acquire); }

 private:
  void apply(Changes& changes);
  static Error moved();
  void note_outcome(const Result<>& outcome, bool wrote);
  void prepare(ScriptContext& context);
  sched::Ref<Run> find(const std::string& run_id);
  bool ours(const RunRow& run) const;

  const ServiceParts parts_;
  const ServiceOptions options_;
  const EngineParts engine_parts_;
  const std::unique_ptr<StoreQueue> store_;
  const std::vector<std::unique_ptr<StoreQueue>> readers_;
  std::atomic<size_t> next_reader_{0};
  Watches watches_;
  UpdateWaiters waiters_;
  const std::shared_ptr<Slots> slots_;
  const std::shared_ptr<Slots> task_slots_;
  std::string id_prefix_;
  std::atomic<uint64_t> last_workflow_{0};
  std::atomic<bool> stopped_{false};
  std::atomic<bool> released_{false};
  std::atomic<bool> in_trouble_{false};
  std::atomic<int64_t> clock_offset_ns_{0};
  std::unique_ptr<Sharing> sharing_;
  Sleepers sleepers_{*this};

  CodeCache codes_;  // of earlier deployments

  std::mutex mutex_;
  bool let_go_ = false;                     // stopped: runs come no more
  std::unordered_set<std::string> stored_;  // hashes of code that the store has
  sched::TimerId poll_{};
  sched::TimerId sweep_{};
  std::unordered_map<std::string, sched::Ref<Run>> runs_;
  // Ended from outside, and not closed yet.
  std::unordered_map<const Run*, sched::Ref<Run>> closing_;
  using Recent = std::list<sched::Ref<Run>>;
  Recent recent_;  // most recently used first
  std::unordered_map<Run*, Recent::iterator> in_recent_;
};

}  // namespace trivium::units::workflows
