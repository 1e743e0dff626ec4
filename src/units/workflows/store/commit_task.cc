#include <algorithm>

#include "core/json.h"
#include "units/workflows/store/scripts.h"

namespace trivium::units::workflows {
namespace {

ParentClosePolicy parent_close_of(std::string_view text) {
  if (text == "abandon") return ParentClosePolicy::abandon;
  if (text == "request_cancel") return ParentClosePolicy::request_cancel;
  return ParentClosePolicy::terminate;
}

ReusePolicy reuse_of(std::string_view text) {
  if (text == "reject_duplicate") return ReusePolicy::reject_duplicate;
  if (text == "allow_duplicate_failed_only") return ReusePolicy::failed_only;
  if (text == "terminate_if_running") return ReusePolicy::terminate_if_running;
  return ReusePolicy::allow_duplicate;
}

void start_child(Tables& tables, const RunRow& parent, const Event& event, ScriptContext& context) {
  RunStart start;
  start.workflow_id = text_at(event.attributes, "workflow_id");
  start.run_id = context.new_run_id();
  start.worker = parent.worker;
  start.reuse = reuse_of(text_at(event.attributes, "workflow_id_reuse_policy"));
  start.parent_workflow_id = parent.workflow_id;
  start.parent_run_id = parent.run_id;
  start.parent_event_id = event.id;
  start.parent_close = parent_close_of(text_at(event.attributes, "parent_close_policy"));
  for (const std::string_view key :
       {"workflow_type", "task_queue", "input", "header", "workflow_execution_timeout",
        "workflow_run_timeout", "workflow_task_timeout", "retry_policy", "cron_schedule", "memo",
        "search_attributes"}) {
    if (const Value* value = event.attributes.find(key)) start.started.set(key, *value);
  }
  const Result<Started> started = start_run(tables, start, context);
  InboundRow answer;
  answer.attributes =
      Object{{"initiated_event_id", event.id},
             {"workflow_type", Object{{"name", text_at(event.attributes, "workflow_type.name")}}}};
  if (started) {
    answer.type = EventType::child_started;
    answer.attributes.set("workflow_execution",
                          Object{{"workflow_id", start.workflow_id}, {"run_id", started->run_id}});
  } else {
    answer.type = EventType::child_start_failed;
    answer.attributes.set("workflow_id", start.workflow_id);
    answer.attributes.set("cause", "WORKFLOW_ALREADY_EXISTS");
  }
  (void)post(tables, parent.workflow_id, parent.run_id, "", std::move(answer), context);
}

// A signal or cancel request for another workflow, and the answer for this one.
void reach_out(Tables& tables, const RunRow& run, const Event& event, ScriptContext& context) {
  const bool signal = event.type == EventType::signal_external_initiated;
  const std::string target(text_at(event.attributes, "workflow_execution.workflow_id"));
  InboundRow inbound;
  inbound.type = signal ? EventType::execution_signaled : EventType::execution_cancel_requested;
  if (signal) {
    for (const std::string_view key : {"signal_name", "input", "header"}) {
      if (const Value* value = event.attributes.find(key)) inbound.attributes.set(key, *value);
    }
  } else {
    inbound.attributes.set("cause", text_at(event.attributes, "reason"));
  }
  inbound.attributes.set("external_workflow_execution",
                         Object{{"workflow_id", run.workflow_id}, {"run_id", run.run_id}});
  const Result<> posted = post(tables, target, "", "", std::move(inbound), context);
  InboundRow answer;
  answer.attributes =
      Object{{"initiated_event_id", event.id}, {"workflow_execution", Object{{"workflow_id", target}}}};
  if (posted) {
    answer.type = signal ? EventType::external_signaled : EventType::external_cancel_requested;
  } else {
    answer.type = signal ? EventType::signal_external_failed : EventType::cancel_external_failed;
    answer.attributes.set("cause", "EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND");
  }
  (void)post(tables, run.workflow_id, run.run_id, "", std::move(answer), context);
}

void overlay(std::string& stored, const Object& fields) {
  if (fields.empty()) return;
  Value merged = stored.empty() ? Value(Object()) : json::decode(stored).value_or(Object());
  if (!merged.is_object()) merged = Object();
  for (const auto& [key, value] : fields) merged.as_object().set(key, value);
  stored = json::encode(merged).value_or(stored);
}

// The next run could not have answered an update to this one; one that comes when all is over is answered by
// that.
bool unseen_events(Tables& tables, const TaskCommit& commit) {
  const bool goes_on = commit.events.back().type == EventType::execution_continued_as_new;
  for (const InboundRow& waiting : tables.inbound(commit.run_id)) {
    const auto at = std::find(commit.consumed.begin(), commit.consumed.end(), waiting.sequence);
    if (at == commit.consumed.end() && (goes_on || waiting.type != EventType::update_admitted)) return true;
  }
  return false;
}

void note_cancel(Tables& tables, const TaskCommit& commit, int64_t scheduled_event_id) {
  for (ActivityRow& activity : tables.activities(commit.run_id)) {
    if (activity.scheduled_event_id != scheduled_event_id) continue;
    activity.cancel_requested = true;
    tables.update_activity(commit.run_id, activity);
    if (SharedTables* shared = tables.shared()) shared->cancel_attempts(commit.run_id, scheduled_event_id);
    if (activity.awaited)
      tables.delete_timer(commit.run_id, retry_timer(scheduled_event_id));  // not any more
  }
}

// Activities that it leaves open.
std::vector<int64_t> opened_by(const TaskCommit& commit) {
  std::vector<int64_t> opened;
  for (const Event& event : commit.events) {
    if (event.type == EventType::activity_scheduled && !commit.settled.contains(event.id)) {
      opened.push_back(event.id);
    }
  }
  return opened;
}

// The first `settled` of the activities are there already.
void open_pending(Tables& tables, const TaskCommit& commit, size_t settled) {
  for (const Event& event : commit.events) {
    if (event.type == EventType::activity_scheduled) {
      if (commit.settled.contains(event.id)) continue;
      if (settled > 0) {
        --settled;
        continue;
      }
      ActivityRow activity;
      activity.scheduled_event_id = event.id;
      activity.scheduled_ns = event.time_ns;
      activity.scheduled = event.attributes;
      tables.insert_activity(commit.run_id, activity);
    } else if (event.type == EventType::timer_started) {
      tables.insert_timer(commit.run_id,
                          {event.id, std::string(text_at(event.attributes, "timer_id")),
                           event.time_ns + integer_at(event.attributes, "start_to_fire_timeout")});
    } else if (event.type == EventType::activity_cancel_requested) {
      note_cancel(tables, commit, integer_at(event.attributes, "scheduled_event_id"));
    }
  }
}

bool reaches_others(const Event& event) {
  return event.type == EventType::child_initiated || event.type == EventType::signal_external_initiated ||
         event.type == EventType::cancel_external_initiated;
}

void append(Tables& tables, const TaskCommit& commit) {
  tables.append_history(commit.run_id, commit.first_event_id, static_cast<int64_t>(commit.events.size()),
                        commit.encoded);
}

// What the task's inputs were, and what its commands wait for; but for the first `settled` activities of
// either side.
void take_in(Tables& tables, const TaskCommit& commit, size_t settled = 0) {
  for (const int64_t sequence : commit.consumed) tables.delete_inbound(commit.run_id, sequence);
  for (size_t i = settled; i < commit.closed_activities.size(); ++i) {
    tables.delete_activity(commit.run_id, commit.closed_activities[i]);
  }
  for (const int64_t scheduled : commit.withdrawn) {
    tables.shared()->delete_attempts(commit.run_id, scheduled, INT64_MAX);
  }
  for (const int64_t started : commit.fired_timers) tables.delete_timer(commit.run_id, started);
  open_pending(tables, commit, settled);
}

// Of a task that did nothing unusual. False: nothing was written.
bool commit_plain_task(Tables& tables, const TaskCommit& commit, ScriptContext& context) {
  const bool unusual = !commit.memo.empty() || !commit.search_attributes.empty() ||
                       commit.code.hash != commit.code_before || is_close_event(commit.events.back().type) ||
                       std::any_of(commit.events.begin(), commit.events.end(), reaches_others);
  if (unusual) return false;
  const std::vector<int64_t> opened = opened_by(commit);
  const std::optional<size_t> settled = tables.advance_run({.run_id = commit.run_id,
                                                            .fence = commit.fence,
                                                            .first_event_id = commit.first_event_id,
                                                            .code_hash = commit.code.hash,
                                                            .next_event_id = commit.events.back().id + 1,
                                                            .task_started = commit.task_started,
                                                            .newest = commit.newest,
                                                            .events = commit.encoded,
                                                            .closed = commit.closed_activities,
                                                            .opened = opened});
  if (!settled) return false;
  take_in(tables, commit, *settled);
  for (const UpdateAnswer& answer : commit.answers) answer_update(tables, answer, context);
  return true;
}

}  // namespace

Result<> commit_task(Tables& tables, const TaskCommit& commit, ScriptContext& context) {
  if (commit_plain_task(tables, commit, context)) return {};
  std::optional<RunRow> run = tables.run(commit.run_id);
  if (!run || run->status != RunStatus::running || run->fence != commit.fence ||
      run->next_event_id != commit.first_event_id || run->code_hash != commit.code_before) {
    return fail(kind::conflict, "the run was changed meanwhile");
  }
  const Event& last = commit.events.back();
  const bool closes = is_close_event(last.type);
  if (closes && unseen_events(tables, commit)) return fail(kind::conflict, "UNHANDLED_COMMAND");

  append(tables, commit);
  run->next_event_id = last.id + 1;
  const bool first = run->last_task_started == 0;
  run->last_task_started = commit.task_started;
  run->history_bytes += static_cast<int64_t>(commit.encoded.size());
  if (run->code_hash != commit.code.hash) {
    keep_source(tables, commit.code, context);
    run->code_hash = commit.code.hash;
  }
  if (commit.newest) {
    run->refused_hash.clear();
    run->stays_reason.clear();
  }
  run->parked.clear();
  overlay(run->memo, commit.memo);
  overlay(run->search_attributes, commit.search_attributes);
  if (closes) {
    for (const int64_t sequence : commit.consumed) tables.delete_inbound(run->run_id, sequence);
  } else {
    take_in(tables, commit);
    if (first) tables.delete_timer(run->run_id, first_task_timer);
  }
  const bool reaches = std::any_of(commit.events.begin(), commit.events.end(), reaches_others);
  if (!closes || reaches) tables.update_run(*run);
  for (const Event& event : commit.events) {
    if (event.type == EventType::child_initiated) start_child(tables, *run, event, context);
    if (event.type == EventType::signal_external_initiated ||
        event.type == EventType::cancel_external_initiated) {
      reach_out(tables, *run, event, context);
    }
  }
  for (const UpdateAnswer& answer : commit.answers) answer_update(tables, answer, context);
  if (!closes) return {};
  // A child that takes the id of this run, or of one that this run depends on, has terminated it already.
  if (reaches) run = tables.run(commit.run_id);
  if (run && run->status == RunStatus::running) {
    close_run(tables, std::move(*run), last.type, last.attributes, commit.started, context);
  }
  return {};
}

}  // namespace trivium::units::workflows
