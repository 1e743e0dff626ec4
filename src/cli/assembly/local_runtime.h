// The runtime of one operating system process: builds everything the entries describe, runs it, and
// takes it down in order.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "app/dependencies.h"
#include "cli/assembly/entries.h"
#include "cli/assembly/supervisor_entry.h"
#include "cli/assembly/supervisor_service.h"
#include "cli/assembly/unit_services.h"
#include "cli/assembly/workflows.h"
#include "cli/control/server.h"
#include "cli/runtime.h"
#include "lua/environment.h"
#include "sched/blocking_pool.h"
#include "sched/io_loop.h"
#include "sched/scheduler.h"
#include "sched/timers.h"
#include "services/terminal.h"
#include "units/node.h"
#include "units/supervisor/supervisor.h"

namespace trivium::cli {

// As whom a service acts: what its lifecycle says of security; null: as nobody.
FrameRef service_frame(const app::Lifecycle& lifecycle);

class LocalRuntime final : public Runtime {
 public:
  explicit LocalRuntime(RuntimeOptions options);
  ~LocalRuntime() override;

  Result<> start() override;
  Result<> exec(const ExecRequest& request) override;
  void signal(int signo) override;
  int wait() override;

 private:
  Result<> create_entries(app::Problems& problems);
  void create_function(const app::LuaEntry& entry);
  void create_process_host(const app::Entry& entry, app::Fields& fields);
  void create_terminal_host(const app::Entry& entry, app::Fields& fields);
  void create_group_scope(const app::Entry& entry, app::Fields& fields);
  void create_process_service(const app::Entry& entry, app::Fields& fields);
  void open_control();
  void create_supervisors(const app::FieldContext& context, app::Problems& problems);
  void create_supervisor(const app::Entry& entry, const SupervisorEntry& read);
  void supervise(const app::Entry& entry, const app::Lifecycle& lifecycle,
                 std::shared_ptr<units::Service> service);
  // Changes of entries (live_changes.cc).
  struct Changeover;
  Result<Value> reload();
  Result<Value> take_over(const app::Application& application);
  void prepare(Changeover& change, app::Problems& problems);
  void read_units(Changeover& change, app::Problems& problems);
  void commit(Changeover& change);
  void change_functions(const Changeover& change);
  void change_hosts(const Changeover& change);
  void change_services(const Changeover& change);
  void change_supervisors(const Changeover& change);
  void remove_units(const Changeover& change);

  void terminal_ended(units::Exit& exit);
  void request_shutdown(int status);
  void shut_down();

  RuntimeOptions options_;
  std::mutex changing_;  // guards, once the runtime has started, what changes of entries touch
  app::SnapshotPtr entries_;
  std::shared_ptr<const app::Dependencies> dependencies_;  // between them
  sched::ThreadedScheduler scheduler_;
  sched::SystemTimers timers_;
  sched::BlockingPool blocking_;
  const lua::Environment environment_;
  units::Node node_;
  units::Supervisor supervisor_;
  std::map<EntryId, std::shared_ptr<ProcessService>> process_services_;
  std::map<EntryId, std::shared_ptr<SupervisorService>> supervisor_services_;
  std::shared_ptr<Workflows> workflows_;
  std::unique_ptr<sched::IoLoop> control_loop_;  // with the server
  std::unique_ptr<ControlServer> control_;
  const std::shared_ptr<services::Terminal> terminal_ = std::make_shared<services::Terminal>();
  LogRouter::Redirection hidden_;  // while a terminal's process hides the logs

  std::mutex mutex_;
  std::condition_variable changed_;
  bool shutdown_requested_ = false;
  bool terminal_ended_ = false;  // a process on a terminal
  std::optional<int64_t> first_signal_ns_;
  bool down_ = false;
  int status_ = 0;
};

}  // namespace trivium::cli
