// The entries that hosts and services are made of, decoded.
#pragma once

#include "app/fields.h"
#include "app/lifecycle.h"
#include "app/problem.h"
#include "units/process_groups.h"
#include "units/workflows/ports.h"
#include "units/workflows/postgres/options.h"

namespace trivium::cli {

struct ProcessHostEntry {
  size_t workers = 0;  // 0: as many as there are CPUs
  app::Lifecycle lifecycle;
};

struct TerminalHostEntry {
  bool hide_logs = false;
  app::Lifecycle lifecycle;
};

struct ProcessServiceEntry {
  EntryId process;
  EntryId host;
  Array input;
  app::Lifecycle lifecycle;
};

struct GroupScopeEntry {
  units::GroupOptions options;
  app::Lifecycle lifecycle;
};

// What keeps the workflows of applications that declare nothing.
inline constexpr const char* default_workflow_provider = "trivium:workflow_store";
inline constexpr const char* default_workflow_file = ".trivium/workflows.db";

// Either a file of SQLite or a schema of PostgreSQL.
struct WorkflowStoreEntry {
  std::string file;
  std::optional<units::workflows::PostgresOptions> postgres;
  Duration retention{};  // of closed runs
  app::Lifecycle lifecycle;

  // Whether it is the file of applications that declare nothing.
  bool is_default() const;
};

struct WorkflowWorkerEntry {
  EntryId provider;
  std::string task_queue;
  size_t cached_instances = 1000;
  size_t most_tasks = 1000;
  size_t most_activities = 1000;
  double activities_per_second = 0;  // 0: no limit
  Duration stop_timeout{};
  Duration heartbeat_interval{};  // 0: the default
  Duration longest_heartbeat_interval{};
  bool log_in_replay = false;
  app::Lifecycle lifecycle;
};

// Mistakes go to the reader's problems.
ProcessHostEntry read_process_host(app::Fields& fields);
TerminalHostEntry read_terminal_host(app::Fields& fields);
ProcessServiceEntry read_process_service(app::Fields& fields);
GroupScopeEntry read_group_scope(app::Fields& fields);
WorkflowStoreEntry read_workflow_store(app::Fields& fields);
WorkflowStoreEntry read_workflow_postgres(app::Fields& fields);
WorkflowWorkerEntry read_workflow_worker(app::Fields& fields);
// Defaults that meta.options has for calls by workflows.
void check_activity_options(const app::Entry& entry, const app::FieldContext& context,
                            app::Problems& problems);
// meta.workflow of workflow.lua, or its older spelling.
void check_workflow_meta(const app::Entry& entry, app::Problems& problems);
// The name that histories give the workflow: meta.workflow.name, or the entry's id.
std::string workflow_type(const app::Entry& entry);
units::workflows::CodePolicy code_policy(const app::Entry& entry);

}  // namespace trivium::cli
