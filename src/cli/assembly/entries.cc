#include "cli/assembly/entries.h"

#include <algorithm>
#include <utility>

#include "app/files.h"
#include "app/meta.h"
#include "units/workflows/options.h"

namespace trivium::cli {

ProcessHostEntry read_process_host(app::Fields& fields) {
  ProcessHostEntry host;
  host.workers = static_cast<size_t>(fields.integer("host.workers", 0, {.min = 1, .max = 4096}));
  // Sizing hints of other runtimes: queues here grow by themselves.
  fields.integer("host.queue_size", 1024, {.min = 1});
  fields.integer("host.local_queue_size", 256, {.min = 1});
  host.lifecycle = app::read_lifecycle(fields);
  return host;
}

TerminalHostEntry read_terminal_host(app::Fields& fields) {
  return {fields.boolean("hide_logs", false), app::read_lifecycle(fields)};
}

ProcessServiceEntry read_process_service(app::Fields& fields) {
  ProcessServiceEntry service;
  service.process = fields.id("process", {.required = true, .kinds = {"process."}});
  service.host = fields.id("host", {.required = true, .kinds = {"process.host", "terminal.host"}});
  service.input = fields.list("input");
  service.lifecycle = app::read_lifecycle(fields);
  return service;
}

GroupScopeEntry read_group_scope(app::Fields& fields) {
  GroupScopeEntry scope;
  const auto limit = [&](const char* field, int64_t fallback, int64_t min) {
    return static_cast<size_t>(fields.integer(field, fallback, {.min = min, .max = 1 << 24}));
  };
  scope.options.max_groups = limit("max_groups", 0, 0);
  scope.options.max_members_per_group = limit("max_members_per_group", 0, 0);
  scope.options.monitor_buffer = limit("monitor_buffer", 64, 1);
  // How several nodes agree: one node has nobody to agree with.
  for (const auto& [field, fallback] : {std::pair{"protocol_timeout", 5000},
                                        {"broadcast_timeout", 5000},
                                        {"anti_entropy_interval", 30000},
                                        {"retry_base_delay", 100},
                                        {"retry_max_delay", 1000},
                                        {"circuit_breaker_reset_time", 10000}}) {
    fields.duration(field, std::chrono::milliseconds(fallback), Duration::zero());
  }
  for (const auto& [field, fallback] : {std::pair{"max_retries", 3},
                                        {"circuit_breaker_failures", 3},
                                        {"action_queue_size", 256},
                                        {"action_queue_max_size", 1024}}) {
    limit(field, fallback, 0);
  }
  scope.lifecycle = app::read_lifecycle(fields);
  return scope;
}

namespace {

// How long closed runs are kept.
Duration read_retention(app::Fields& fields) {
  return fields.duration("retention", std::chrono::hours(24 * 7), Duration::zero());
}

}  // namespace

bool WorkflowStoreEntry::is_default() const {
  return !postgres && app::absolute_path(file) == app::absolute_path(default_workflow_file);
}

WorkflowStoreEntry read_workflow_store(app::Fields& fields) {
  WorkflowStoreEntry store;
  store.file = fields.text("file", default_workflow_file);
  store.retention = read_retention(fields);
  store.lifecycle = app::read_lifecycle(fields);
  return store;
}

namespace {

// Names that need no quotes anywhere; longer ones do not fit into the name of a channel.
bool plain_schema(const std::string& name) {
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
  return !name.empty() && name.size() <= 40 && (name[0] < '0' || name[0] > '9') && !name.starts_with("pg_") &&
         std::all_of(name.begin(), name.end(), plain);
}

}  // namespace

WorkflowStoreEntry read_workflow_postgres(app::Fields& fields) {
  units::workflows::PostgresOptions options;
  options.dsn = fields.text("dsn");
  if (const std::string problem = units::workflows::dsn_problem(options.dsn); !problem.empty()) {
    fields.problem("dsn", problem, "write postgres://user@host:5432/database, or host=… dbname=…");
  }
  options.host = fields.text("host");
  if (const int64_t port = fields.integer("port", 0, {.min = 1, .max = 65535}); port != 0) {
    options.port = std::to_string(port);
  }
  options.database = fields.text("database");
  options.user = fields.text("user");
  options.password = fields.text("password");
  if (fields.has("dsn") == (fields.has("host") || fields.has("database"))) {
    fields.problem("dsn", "name the database either by dsn or by host and database");
  }
  options.schema = fields.text("schema", "trivium");
  if (!plain_schema(options.schema)) {
    fields.problem("schema", "schema must be a name of at most 40 letters a-z, digits and _",
                   "leave it out for trivium");
  }
  options.lease = fields.duration("lease", std::chrono::seconds(10), std::chrono::milliseconds(100));
  options.pool_size = fields.integer("pool_size", 2, {.min = 1, .max = 100});
  WorkflowStoreEntry store;
  store.postgres = std::move(options);
  store.retention = read_retention(fields);
  store.lifecycle = app::read_lifecycle(fields);
  return store;
}

WorkflowWorkerEntry read_workflow_worker(app::Fields& fields) {
  WorkflowWorkerEntry worker;
  worker.provider =
      fields.id("provider", {.required = true, .kinds = {"workflow.sqlite", "workflow.postgres"}});
  worker.task_queue = fields.text("task_queue");
  // What means something only to engines that poll a server.
  for (const char* ignored : {"max_concurrent_activity_task_pollers", "max_concurrent_workflow_task_pollers",
                              "max_concurrent_local_activity_execution_size"}) {
    fields.integer(std::string("worker_options.") + ignored, 0);
  }
  const int64_t most = fields.integer("worker_options.max_concurrent_activity_execution_size", 0);
  if (most > 0) worker.most_activities = static_cast<size_t>(most);
  const int64_t tasks = fields.integer("worker_options.max_concurrent_workflow_task_execution_size", 0);
  if (tasks > 0) worker.most_tasks = static_cast<size_t>(tasks);
  worker.activities_per_second = fields.number("worker_options.worker_activities_per_second", 0);
  if (worker.activities_per_second < 0) {
    fields.problem("worker_options.worker_activities_per_second",
                   "worker_options.worker_activities_per_second must not be negative", "0 is no limit");
  }
  worker.stop_timeout = fields.duration("worker_options.worker_stop_timeout", Duration{0});
  worker.heartbeat_interval =
      fields.duration("worker_options.default_heartbeat_throttle_interval", Duration{0});
  worker.longest_heartbeat_interval =
      fields.duration("worker_options.max_heartbeat_throttle_interval", Duration{0});
  worker.cached_instances = static_cast<size_t>(
      fields.integer("worker_options.cached_workflows", 1000, {.min = 1, .max = 1000000}));
  worker.log_in_replay = fields.boolean("worker_options.enable_logging_in_replay", false);
  worker.lifecycle = app::read_lifecycle(fields);
  return worker;
}

namespace {

using units::workflows::CodePolicy;

constexpr std::pair<std::string_view, CodePolicy> code_policies[] = {
    {"auto", CodePolicy::automatic}, {"pinned", CodePolicy::pinned}, {"latest", CodePolicy::latest}};

const Value* code_field(const app::Entry& entry) {
  const Value* meta = app::workflow_meta(entry);
  return meta == nullptr ? nullptr : meta->find("code");
}

std::optional<CodePolicy> read_policy(const Value& field) {
  for (const auto& [name, policy] : code_policies) {
    if (field == Value(name)) return policy;
  }
  return std::nullopt;
}

}  // namespace

void check_activity_options(const app::Entry& entry, const app::FieldContext& context,
                            app::Problems& problems) {
  app::Problems told;  // by whoever reads the program
  app::Fields fields(entry, context, told);
  const Value options = fields.value("meta.options");
  if (!fields.ok() || !options.is_object()) return;
  const auto read = units::workflows::parse_activity_options({}, options.as_object());
  if (!read) problems.add(entry.problem("meta.options", read.error().message));
}

void check_workflow_meta(const app::Entry& entry, app::Problems& problems) {
  const Value* meta = app::workflow_meta(entry);
  if (meta == nullptr) {
    for (const char* path : {"meta.workflow", "meta.temporal.workflow"}) {
      const Value* found = entry.field(path);
      if (found == nullptr) continue;
      problems.add(entry.problem(path, "must be a map, not " + app::with_article(found->type_name()),
                                 "as in {worker: namespace:name}"));
    }
    return;
  }
  const std::string block = meta == entry.field("meta.workflow") ? "meta.workflow" : "meta.temporal.workflow";
  for (const auto& [name, hint] : {std::pair{"worker", "leave it out to run on the built-in worker"},
                                   std::pair{"name", "leave it out for the id of the entry"}}) {
    const Value* field = meta->find(name);
    if (field == nullptr || field->is_nil()) continue;
    const std::string path = block + "." + name;
    if (!field->is_string()) {
      problems.add(
          entry.problem(path, "must be a string, not " + app::with_article(field->type_name()), hint));
    } else if (field->as_string().empty()) {
      problems.add(entry.problem(path, "must not be empty", hint));
    }
  }
  const Value* code = code_field(entry);
  if (code == nullptr || read_policy(*code)) return;
  problems.add(entry.problem(block + ".code", block + ".code must be auto, pinned or latest",
                             "leave it out for auto"));
}

std::string workflow_type(const app::Entry& entry) {
  const Value* meta = app::workflow_meta(entry);
  const Value* name = meta == nullptr ? nullptr : meta->find("name");
  return name != nullptr && name->is_string() ? name->as_string() : entry.id.text();
}

CodePolicy code_policy(const app::Entry& entry) {
  const Value* field = code_field(entry);
  return field == nullptr ? CodePolicy::automatic : read_policy(*field).value_or(CodePolicy::automatic);
}

}  // namespace trivium::cli
