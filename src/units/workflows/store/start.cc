#include <algorithm>

#include "core/json.h"
#include "units/workflows/cron.h"
#include "units/workflows/store/scripts.h"

namespace trivium::units::workflows {
namespace {

std::string json_of(const Object& attributes, std::string_view key) {
  const Value* value = attributes.find(key);
  return value != nullptr && !value->is_nil() ? json::encode(*value).value_or("") : std::string();
}

int64_t deadline(int64_t from_ns, int64_t timeout_ns) { return timeout_ns > 0 ? from_ns + timeout_ns : 0; }

int64_t earlier(int64_t a, int64_t b) { return a == 0 ? b : b == 0 ? a : std::min(a, b); }

Error already_running(const RunRow& run) {
  return Error::of(kind::already_exists, "Workflow execution is already running. WorkflowId: " +
                                             run.workflow_id + ", RunId: " + run.run_id + ".");
}

// What an earlier run of the same id means for a new one: an error, or go on.
Result<> check_reuse(const RunRow& last, ReusePolicy reuse) {
  const bool failed = last.status != RunStatus::completed;
  if (reuse == ReusePolicy::reject_duplicate || (reuse == ReusePolicy::failed_only && !failed)) {
    return fail(kind::already_exists, "Workflow execution already finished. WorkflowId: " + last.workflow_id +
                                          ", RunId: " + last.run_id +
                                          ". Workflow Id reuse policy forbids another.");
  }
  return {};
}

}  // namespace

Result<Started> start_run(Tables& tables, const RunStart& start, ScriptContext& context) {
  if (const std::optional<RunRow> last = tables.current_run(start.workflow_id)) {
    if (last->status != RunStatus::running) {
      if (Result<> allowed = check_reuse(*last, start.reuse); !allowed)
        return fail(std::move(allowed.error()));
    } else if (start.conflict == ConflictPolicy::terminate_existing ||
               start.reuse == ReusePolicy::terminate_if_running) {
      Result<> closed =
          close_from_outside(tables, last->workflow_id, last->run_id, EventType::execution_terminated,
                             Object{{"reason", "TerminateIfRunning WorkflowIdReusePolicy Policy"}}, context);
      if (!closed) return fail(std::move(closed.error()));
    } else if (start.conflict == ConflictPolicy::use_existing) {
      return Started{last->run_id, last->first_run_id, false};
    } else {
      return fail(already_running(*last));
    }
  }
  int64_t delay = start.delay_ns;
  const std::string_view cron = text_at(start.started, "cron_schedule");
  // Each run of a schedule waits for its time, the first one too; a delay that was asked for comes first.
  if (!cron.empty() && delay == 0) {
    if (const Result<int64_t> next = next_cron_ns(cron, context.now_ns)) delay = *next - context.now_ns;
  }
  RunRow run;
  run.run_id = start.run_id;
  run.workflow_id = start.workflow_id;
  run.first_run_id = start.first_run_id.empty() ? start.run_id : start.first_run_id;
  run.type = text_at(start.started, "workflow_type.name");
  run.task_queue = text_at(start.started, "task_queue.name");
  run.worker = start.worker;
  if (context.task_queue.empty() || run.task_queue == context.task_queue) run.owner = context.owner;
  run.attempt = start.attempt;
  run.next_event_id = 2;
  run.parent_workflow_id = start.parent_workflow_id;
  run.parent_run_id = start.parent_run_id;
  run.parent_event_id = start.parent_event_id;
  run.parent_close = start.parent_close;
  run.started_ns = context.now_ns;
  run.first_task_ns = delay > 0 ? context.now_ns + delay : 0;
  run.execution_deadline_ns =
      start.execution_deadline_ns != 0
          ? start.execution_deadline_ns
          : deadline(context.now_ns + delay, integer_at(start.started, "workflow_execution_timeout"));
  run.run_deadline_ns =
      earlier(deadline(context.now_ns + delay, integer_at(start.started, "workflow_run_timeout")),
              run.execution_deadline_ns);
  run.retry_policy = json_of(start.started, "retry_policy");
  run.cron_schedule = text_at(start.started, "cron_schedule");
  run.memo = json_of(start.started, "memo");
  run.search_attributes = json_of(start.started, "search_attributes");
  if (const auto code = context.code_of ? context.code_of(run.type) : std::nullopt) {
    run.code_hash = code->hash;
    keep_source(tables, *code, context);
  } else {
    run.code_hash = start.code_hash;  // the application has none any more
  }

  Event event{1, EventType::execution_started, context.now_ns, start.started, false, {}};
  event.attributes.set("original_execution_run_id", run.run_id);
  event.attributes.set("first_execution_run_id", run.first_run_id);
  event.attributes.set("attempt", run.attempt);
  if (!run.parent_run_id.empty()) {
    event.attributes.set("parent_workflow_execution",
                         Object{{"workflow_id", run.parent_workflow_id}, {"run_id", run.parent_run_id}});
    event.attributes.set("parent_initiated_event_id", run.parent_event_id);
  }
  const std::string history = encode_events({&event, 1});
  run.history_bytes = static_cast<int64_t>(history.size());
  tables.insert_run(run);
  tables.append_history(run.run_id, 1, 1, history);
  tables.insert_timer(run.run_id,
                      {first_task_timer, "", run.first_task_ns != 0 ? run.first_task_ns : context.now_ns});
  if (run.run_deadline_ns != 0) tables.insert_timer(run.run_id, {deadline_timer, "", run.run_deadline_ns});
  context.changes.started.push_back(run);
  if (run.owner != context.owner) tables.wake(run);
  return Started{run.run_id, run.first_run_id, true};
}

}  // namespace trivium::units::workflows
