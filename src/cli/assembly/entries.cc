#include "cli/assembly/entries.h"

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

WorkflowStoreEntry read_workflow_store(app::Fields& fields) {
  return {fields.text("file", ".trivium/workflows.db"), app::read_lifecycle(fields)};
}

WorkflowWorkerEntry read_workflow_worker(app::Fields& fields) {
  WorkflowWorkerEntry worker;
  worker.provider = fields.id("provider", {.required = true, .kinds = {"workflow.sqlite"}});
  worker.task_queue = fields.text("task_queue");
  // Limits of engines that poll a server. Here a pool bounds each function and the scheduler the rest.
  for (const char* ignored :
       {"max_concurrent_activity_execution_size", "max_concurrent_workflow_task_execution_size"}) {
    fields.integer(std::string("worker_options.") + ignored, 1000);
  }
  worker.cached_instances = static_cast<size_t>(
      fields.integer("worker_options.cached_workflows", 1000, {.min = 1, .max = 1000000}));
  worker.log_in_replay = fields.boolean("worker_options.enable_logging_in_replay", false);
  worker.lifecycle = app::read_lifecycle(fields);
  return worker;
}

}  // namespace trivium::cli
