// A whole runtime's worth of workflows under a virtual clock, on one thread.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "lua/environment.h"
#include "sched/scheduler.h"
#include "sched/timers.h"
#include "units/workflows/service.h"
#include "units/workflows/sqlite/sqlite_store.h"
#include "units/workflows/testing/fakes.h"

namespace trivium::units::workflows::testing {

class World {
 public:
  // `connect`: makes the connection of each life to a store that others share; null: each opens one file.
  using Connect = std::function<std::unique_ptr<Store>()>;
  explicit World(uint64_t seed = 1, const std::function<void(ServiceOptions&)>& adapt = {},
                 Connect connect = nullptr);
  ~World();

  TestPrograms programs;
  TestFunctions functions;
  TestProcesses processes;
  const Permissions* permissions = nullptr;  // from the next restart on

  Service& service() { return *service_; }
  TestQueue& queue() { return *queue_; }
  SqliteStore& store() { return *store_; }
  sched::VirtualTimers& timers() { return timers_; }

  // Does everything that can be done without time passing; activities end in random order.
  void settle();
  // The same, and moves the clock to the next timer whenever nothing else is left; in the end to exactly this
  // far from now, unless the runtime dies first.
  void run_for(Duration limit);
  // The same until then, at most this far.
  void run_until(const std::function<bool()>& reached, Duration limit = std::chrono::hours(24 * 365));

  // One step of settle() in which no activity ends; false if there was none.
  bool step_without_activities();

  // One turn of whatever wants one; false if nothing does.
  bool take_a_turn() { return scheduler_->run_one(); }

  // The runtime dies here and now; the next one opens the same file and recovers.
  void restart();
  // The same, but it stops in good order.
  void restart_in_order();
  bool crashed() const { return queue_->crashed(); }
  // How often it began.
  uint64_t lives() const { return boots_; }
  // And when it did last, by its monotonic clock.
  int64_t born_ns() const { return born_ns_; }
  ServiceOptions options;  // of the next restart

  // --- shorthands that settle ---------------------------------------------------------------------
  Result<StartedWorkflow> start(const std::string& id, const Array& arguments = {}, Object options = {});
  // Starts and runs until the chain has ended.
  WorkflowEnd execute(const std::string& id, const Array& arguments = {});
  Result<> signal(const std::string& pid, const std::string& topic, const Array& values = {});
  WorkflowEnd wait(const std::string& pid);
  std::vector<Event> history(const std::string& pid, const std::string& run_id = "");
  RunDescription describe(const std::string& pid);
  size_t in_memory() const { return service_->counts().runs; }
  // Runs the code (null: the newest) over the history again; why it does not fit, or nothing.
  std::string replay(const std::vector<Event>& history, const std::string& workflow_id,
                     const std::string& run_id, std::shared_ptr<const WorkflowCode> code = nullptr);
  uint64_t chance() { return random_.next(); }

 private:
  void boot();
  void end();
  bool do_something();
  WorkflowEnd end_of(const std::function<void(std::function<void(WorkflowEnd)>)>& ask);

  const Connect connect_;
  std::filesystem::path folder_;
  TestRandom random_;
  sched::VirtualTimers timers_;
  lua::Environment environment_;
  uint64_t boots_ = 0;
  int64_t born_ns_ = 0;
  std::unique_ptr<sched::ManualScheduler> scheduler_;
  std::unique_ptr<SqliteStore> store_;
  std::unique_ptr<Store> connection_;  // in its place, if the store is shared
  TestQueue* queue_ = nullptr;
  std::unique_ptr<Service> service_;
};

// "1 WorkflowExecutionStarted\n2 …": the shape of a history.
std::string outline(const std::vector<Event>& history);
// The wire value as text: JSON of the first value.
std::string shown(const WorkflowEnd& end);

}  // namespace trivium::units::workflows::testing
