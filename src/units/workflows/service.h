// Durable workflows of one runtime: what processes, functions and the command line ask of them. Histories
// live in a store that this runtime owns; docs/internals/workflows.md tells how it works.
//
// Thread-safe. Callbacks are called once, from any thread, and must be short; none is called after stop()
// returned, except with the error Unavailable during it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "sched/scheduler.h"
#include "sched/timers.h"
#include "units/workflows/instance.h"
#include "units/workflows/options.h"
#include "units/workflows/replay_job.h"
#include "units/workflows/store/store.h"

namespace trivium::units::workflows {

// What the service is built on. All of it outlives the service.
struct ServiceParts {
  sched::Scheduler& scheduler;
  sched::Timers& timers;
  const Clock& clock;
  Random& random;
  const lua::Environment& environment;
  const WorkflowPrograms& programs;
  ActivityFunctions& functions;
  LocalProcesses& processes;
  Log log;
  const Permissions* permissions = nullptr;  // null: everything is allowed
};

struct ServiceOptions {
  // Entry ids of the provider (node part of PIDs) and the worker (host part).
  std::string provider = "trivium:workflow_store";
  std::string worker = "trivium:workflow_worker";
  std::string task_queue;  // empty: the worker's id
  std::string name_space = "default";
  size_t cached_instances = 1000;  // kept in memory between tasks
  // A run without an instance leaves the memory, unless something is due for it as soon as this.
  Duration stays_awake = std::chrono::seconds(5);
  size_t due_window = 1000;    // due times of sleeping runs that are read from the store at once
  size_t wakes_at_once = 500;  // of them, that are brought back before others have had their task
  size_t memory_limit = 0;     // bytes an isolate may use, 0: no limit
  Duration task_timeout = std::chrono::seconds(10);  // computing without a wait for longer is given up
  Duration retention = std::chrono::hours(24 * 7);   // of closed runs
  bool log_in_replay = false;
  // A longer history is warned of, and beyond the limits the run fails.
  int64_t warn_events = 10000;
  int64_t max_events = 51200;
  int64_t max_history_bytes = 50 << 20;
  // Activities: how many run at once, how many begin in a second (0: as many as can), and how long a stop
  // waits for those that run.
  size_t most_activities = 1000;
  double activities_per_second = 0;
  Duration stop_timeout{0};
  // How often the details of heartbeats are written at most, without a heartbeat timeout and with one.
  Duration heartbeat_interval = std::chrono::seconds(30);
  Duration longest_heartbeat_interval = std::chrono::seconds(60);
  size_t most_tasks = 1000;  // of workflows that are carried out at once; 0: as many as can
  // Local activities: how long, and for how many bytes of history, the commit of a task waits for them.
  Duration local_limit = std::chrono::seconds(1);
  size_t most_held_bytes = 1 << 20;
  // Task queues of the workers on the same provider, by entry id.
  std::map<std::string, std::string> queues;
  Duration sweep_interval =
      std::chrono::hours(1);  // how often closed runs are looked through; 0: at start only
  // How often to look for what the command line asks of this runtime; 0: never.
  Duration operations_poll = std::chrono::milliseconds(500);
  // Several runtimes share the store: how long one that gives no sign of life keeps its runs. 0: this one
  // has the store alone.
  Duration lease{0};
};

struct StartRequest {
  std::string id;  // of the workflow.lua entry, or a type name
  Values arguments;
  FrameRef frame;                      // null: none
  Object options;                      // "workflow.X" keys of 5.2
  std::string name;                    // with_name: the workflow id, unless an option gives one
  std::vector<lua::Message> messages;  // startup messages, in order
};

struct StartedWorkflow {
  std::string pid;
  std::string workflow_id;
  std::string run_id;
  bool fresh = true;  // false: it was running already
};

// How the chain of a workflow's runs ended.
struct WorkflowEnd {
  std::optional<Error> error;
  Values values;
};

struct RunDescription {
  RunRow run;
  size_t waiting_events = 0;
  std::vector<ActivityRow> activities;
  std::vector<TimerRow> timers;
};

class Service {
 public:
  using WatchId = uint64_t;
  using Ended = std::function<void(WorkflowEnd)>;
  using Done = std::function<void(Result<>)>;

  // The store is this runtime's alone. Nothing runs before recover().
  // `readers`: what looks at the same store beside it, if anything does.
  Service(const ServiceParts& parts, ServiceOptions options, std::unique_ptr<StoreQueue> store,
          std::vector<std::unique_ptr<StoreQueue>> readers = {});
  ~Service();  // stops
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  // Takes over what the last runtime left: all open runs go on; of a shared store those that no other
  // runtime has. Starts and messages may come before.
  void recover(Done done);
  // Running activities are cancelled and done again by the next runtime. Not from a callback.
  void stop();
  // Lets go of what is left; after the scheduler has stopped for good.
  void abandon();

  struct Counts {
    size_t runs = 0;       // open ones in memory
    size_t instances = 0;  // of these, with a Lua VM that waits
    size_t due = 0;        // due times in memory of runs that are not
  };
  Counts counts() const;

  // NotFound: no such workflow. AlreadyExists: by the policies of 5.4. Invalid: options.
  void start(const StartRequest& request, std::function<void(Result<StartedWorkflow>)> done);
  // Starts with a generated id and waits for the end. `started` hears of the start (may be null); the watch
  // id is only valid until `ended` is called, which also hears when the start fails.
  WatchId execute(const StartRequest& request, Ended ended);

  // `pid`: PID text or workflow id. Done when the message is durable; NotFound: no open workflow.
  void signal(const std::string& pid, const lua::Message& message, Done done, std::string request_id = {});
  void request_cancel(const std::string& pid, std::string reason, Done done);
  void terminate(const std::string& pid, std::string reason, Done done);

  // Calls `ended` when the chain has ended; at once, if it has, or if there is no such workflow.
  WatchId watch(const std::string& pid, Ended ended);
  // `ended` is not called any more, unless it is being called.
  void unwatch(WatchId id);

  // Open runs first asked for by whoever looks from outside.
  void list(std::optional<RunStatus> status, int64_t limit,
            std::function<void(Result<std::vector<RunRow>>)> done);
  void describe(const std::string& pid, std::function<void(Result<RunDescription>)> done);
  // `run_id` empty: the latest run.
  void history(const std::string& pid, const std::string& run_id,
               std::function<void(Result<std::vector<Event>>)> done);
  // Replays the run (`run_id` empty: the latest) with an instance of its own and asks a handler of its code;
  // nothing is written. NotFound: no such workflow, or it has no such handler.
  void query(const std::string& pid, WorkflowQuery query, std::function<void(lua::Reply)> done);
  // Asks the workflow's code for something it may refuse. `done` hears its answer; NotFound: no open
  // workflow, or it does not handle the update; Canceled: it ended first. The id is valid until then.
  std::string update(const std::string& pid, const std::string& name, const Values& arguments,
                     std::function<void(lua::Reply)> done);
  // `done` is not called any more, unless it is being called. The update goes on.
  void forget_update(const std::string& id);
  // New code was loaded: runs that could not go on try again.
  void retry_parked();
  // A hint from another runtime on the same store; empty: hints may have been missed.
  void heard(const std::string& hint);

  const ServiceOptions& options() const;
  // Whether the PID names a workflow of this service.
  bool owns(std::string_view pid) const;
  std::string pid_of(std::string_view workflow_id) const;

 private:
  std::shared_ptr<class Core> core_;
  std::vector<sched::Ref<class Run>> stopped_;  // runs that were in memory at the stop: they close in turn
};

}  // namespace trivium::units::workflows
