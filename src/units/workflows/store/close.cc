#include "core/json.h"
#include "units/workflows/cron.h"
#include "units/workflows/failure.h"
#include "units/workflows/retry_policy.h"
#include "units/workflows/store/scripts.h"

namespace trivium::units::workflows {
namespace {

RunStatus status_after(EventType how) {
  switch (how) {
    case EventType::execution_completed:
      return RunStatus::completed;
    case EventType::execution_failed:
      return RunStatus::failed;
    case EventType::execution_continued_as_new:
      return RunStatus::continued_as_new;
    case EventType::execution_terminated:
      return RunStatus::terminated;
    case EventType::execution_canceled:
      return RunStatus::canceled;
    default:
      return RunStatus::timed_out;
  }
}

EventType child_event(EventType how) {
  switch (how) {
    case EventType::execution_completed:
      return EventType::child_completed;
    case EventType::execution_failed:
      return EventType::child_failed;
    case EventType::execution_terminated:
      return EventType::child_terminated;
    case EventType::execution_canceled:
      return EventType::child_canceled;
    default:
      return EventType::child_timed_out;
  }
}

RunStart next_of(const RunRow& run, const Object& started, ScriptContext& context) {
  RunStart next;
  next.workflow_id = run.workflow_id;
  next.run_id = context.new_run_id();
  next.worker = run.worker;
  next.started = started;
  next.first_run_id = run.first_run_id;
  next.execution_deadline_ns = run.execution_deadline_ns;
  next.parent_workflow_id = run.parent_workflow_id;
  next.parent_run_id = run.parent_run_id;
  next.parent_event_id = run.parent_event_id;
  next.parent_close = run.parent_close;
  next.code_hash = run.code_hash;
  next.started.set("continued_execution_run_id", run.run_id);
  return next;
}

// The same run once more, if it failed and its policy says so.
std::optional<RunStart> retry_of(const RunRow& run, EventType how, const Object& attributes,
                                 const Object& started, ScriptContext& context) {
  const Value* policy_attributes = started.find("retry_policy");
  if (how == EventType::execution_completed || policy_attributes == nullptr) return std::nullopt;
  const RetryPolicy policy = RetryPolicy::of(policy_attributes);
  if (policy.maximum_attempts > 0 && run.attempt >= policy.maximum_attempts) return std::nullopt;
  const Value* failure = attributes.find("failure");
  const Object timeout = timeout_failure("start_to_close", "Workflow timeout");
  if (!policy.retries(failure != nullptr && failure->is_object() ? failure->as_object() : timeout))
    return std::nullopt;
  const int64_t delay = policy.interval(run.attempt).count();
  if (run.execution_deadline_ns != 0 && context.now_ns + delay >= run.execution_deadline_ns)
    return std::nullopt;
  RunStart next = next_of(run, started, context);
  next.attempt = run.attempt + 1;
  next.delay_ns = delay;
  next.started.set("initiator", "ContinueAsNewInitiatorRetry");
  return next;
}

std::optional<RunStart> next_by_schedule(const RunRow& run, const Object& started, ScriptContext& context) {
  if (run.cron_schedule.empty()) return std::nullopt;
  const Result<int64_t> time = next_cron_ns(run.cron_schedule, context.now_ns);
  if (!time || (run.execution_deadline_ns != 0 && *time >= run.execution_deadline_ns)) return std::nullopt;
  RunStart next = next_of(run, started, context);
  next.delay_ns = *time - context.now_ns;
  next.started.set("initiator", "ContinueAsNewInitiatorCronSchedule");
  return next;
}

// The next run of the chain, if there is one.
std::optional<RunStart> successor(const RunRow& run, EventType how, const Object& attributes,
                                  const Object& started, ScriptContext& context) {
  if (how == EventType::execution_continued_as_new) {
    RunStart next = next_of(run, started, context);
    for (const std::string_view key :
         {"workflow_type", "task_queue", "input", "header", "memo", "search_attributes"}) {
      const Value* value = attributes.find(key);
      if (value != nullptr) {
        next.started.set(key, *value);
      } else {
        next.started.erase(key);
      }
    }
    if (text_at(next.started, "workflow_type.name") != run.type) next.code_hash.clear();
    next.started.set("initiator", "ContinueAsNewInitiatorWorkflow");
    return next;
  }
  if (how != EventType::execution_terminated && how != EventType::execution_canceled) {
    if (std::optional<RunStart> next = retry_of(run, how, attributes, started, context)) return next;
    return next_by_schedule(run, started, context);
  }
  return std::nullopt;
}

void tell_parent(Tables& tables, const RunRow& run, EventType how, const Object& attributes,
                 ScriptContext& context) {
  InboundRow inbound;
  inbound.type = child_event(how);
  inbound.attributes =
      Object{{"initiated_event_id", run.parent_event_id},
             {"workflow_type", Object{{"name", run.type}}},
             {"workflow_execution", Object{{"workflow_id", run.workflow_id}, {"run_id", run.run_id}}}};
  for (const std::string_view key : {"result", "failure"}) {
    if (const Value* value = attributes.find(key)) inbound.attributes.set(key, *value);
  }
  if (how == EventType::execution_failed) {
    inbound.attributes.set("retry_state",
                           run.retry_policy.empty() ? "RetryPolicyNotSet" : "MaximumAttemptsReached");
  }
  // NotFound: the parent closed meanwhile, nobody waits.
  (void)post(tables, run.parent_workflow_id, run.parent_run_id, "", std::move(inbound), context);
}

void treat_children(Tables& tables, const RunRow& run, ScriptContext& context) {
  for (const RunRow& child : tables.open_children(run.run_id)) {
    if (child.parent_close == ParentClosePolicy::terminate) {
      (void)close_from_outside(tables, child.workflow_id, child.run_id, EventType::execution_terminated,
                               Object{{"reason", "by parent close policy"}}, context);
    } else if (child.parent_close == ParentClosePolicy::request_cancel) {
      InboundRow inbound;
      inbound.type = EventType::execution_cancel_requested;
      inbound.attributes = Object{{"cause", "by parent close policy"}};
      (void)post(tables, child.workflow_id, child.run_id, "", std::move(inbound), context);
    }
  }
}

// Messages the code had not received when it continued as new.
void carry_over(Tables& tables, const RunStart& next, const Object& attributes, ScriptContext& context) {
  const Value* messages = attributes.find("carried_over");
  if (messages == nullptr || !messages->is_array()) return;
  for (const Value& message : messages->as_array()) {
    if (!message.is_object()) continue;
    InboundRow inbound;
    inbound.type = EventType::execution_signaled;
    inbound.attributes = message.as_object();
    (void)post(tables, next.workflow_id, next.run_id, "", std::move(inbound), context);
  }
}

Object first_attributes(Tables& tables, std::string_view run_id) {
  std::vector<Event> events;
  for (const std::string& batch : tables.history(run_id, 1, 1)) (void)decode_events(batch, events);
  return events.empty() ? Object() : std::move(events.front().attributes);
}

}  // namespace

void close_run(Tables& tables, RunRow run, EventType how, const Object& attributes, const Object& started,
               ScriptContext& context) {
  std::optional<RunStart> next = successor(run, how, attributes, started, context);
  run.status = status_after(how);
  run.closed_ns = context.now_ns;
  run.outcome = json::encode(attributes).value_or("{}");
  run.parked.clear();
  if (next) run.next_run_id = next->run_id;
  tables.update_run(run);
  tables.delete_pending(run.run_id);
  if (run.owner != context.owner) tables.wake(run);
  if (context.others && !next) tables.announce_end();
  treat_children(tables, run, context);
  context.changes.closed.push_back(run);
  if (next) {
    (void)start_run(tables, *next, context);
    carry_over(tables, *next, attributes, context);
  } else if (!run.parent_run_id.empty()) {
    tell_parent(tables, run, how, attributes, context);
  }
}

Result<> close_from_outside(Tables& tables, std::string_view workflow_id, std::string_view run_id,
                            EventType how, const Object& attributes, ScriptContext& context) {
  std::optional<RunRow> run = tables.current_run(workflow_id);
  if (!run) return fail(kind::not_found, "workflow not found for ID: " + std::string(workflow_id));
  if (run->status != RunStatus::running || (!run_id.empty() && run->run_id != run_id)) {
    return fail(kind::not_found, "workflow execution already completed");
  }
  const Object started =
      how == EventType::execution_timed_out ? first_attributes(tables, run->run_id) : Object();
  const Event event{run->next_event_id, how, context.now_ns, attributes, false, {}};
  tables.append_history(run->run_id, event.id, 1, encode_events({&event, 1}));
  run->next_event_id = event.id + 1;
  close_run(tables, std::move(*run), how, attributes, started, context);
  return {};
}

}  // namespace trivium::units::workflows
