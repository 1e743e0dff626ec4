#include "cli/commands/commands.h"
#include "cli/json_text.h"
#include "cli/table.h"
#include "cli/workflows/exported.h"
#include "cli/workflows/run_list.h"
#include "cli/workflows/run_text.h"
#include "cli/workflows/stores.h"
#include "cli/workflows/timeline.h"
#include "core/clock.h"
#include "core/json.h"
#include "core/wire.h"
#include "units/pid.h"
#include "units/workflows/code.h"

namespace trivium::cli {
namespace {

using units::workflows::Event;
using units::workflows::PendingWork;
using units::workflows::RunFilter;
using units::workflows::RunRow;
using units::workflows::RunStatus;
using Stores = std::vector<WorkflowStore>;

void append_line(std::string& out, const Value& value) {
  append_json(out, value, JsonSpacing::none);
  out += '\n';
}

// --- list -------------------------------------------------------------------------------------------

Result<int> list(Stores& stores, const WorkflowRequest& request, std::string& out) {
  const auto limit = static_cast<size_t>(request.limit);
  auto all = list_runs(stores, request, limit + 1);
  if (!all) return fail(std::move(all.error()));
  const bool more = all->size() > limit;
  if (more) all->resize(limit);
  if (request.json) {
    Array runs;
    for (const ListedRun& one : *all) runs.push_back(run_json(one.run, one.store, one.unserved));
    append_line(out, runs);
    return 0;
  }
  if (all->empty()) {
    out += "No workflows found\n";
    return 0;
  }
  const int64_t now = system_clock().wall_ns();
  std::vector<std::vector<std::string>> rows;
  rows.reserve(all->size());
  for (const ListedRun& one : *all) {
    rows.push_back({one.run.workflow_id, one.run.type, state_of(one.run), local_time(one.run.started_ns),
                    elapsed(one.run, now), remark(one.run, one.unserved)});
  }
  out += table({{"WORKFLOW", 16}, {"TYPE", 10}, {"STATE", 0}, {"STARTED", 0}, {"TOOK", 0}, {"OUTCOME", 8}},
               rows, terminal_width());
  if (more) out += "\nThere are more: --limit shows them.\n";
  return 0;
}

// --- show -------------------------------------------------------------------------------------------

void add_field(std::string& out, const std::string& name, const std::string& value) {
  if (!value.empty()) out += padded_to(name, 13) + value + "\n";
}

std::string json_of(const Object& fields) {
  std::string text;
  if (!fields.empty()) append_json(text, fields, JsonSpacing::spaced);
  return text;
}

std::string code_line(const RunRow& run) {
  if (run.code_hash.empty()) return {};
  const std::string hash = units::workflows::short_hash(run.code_hash);
  return run.stays_reason.empty() ? hash : hash + ", not the newest: " + run.stays_reason;
}

// Of an activity that is not for workers of the run's task queue.
std::string elsewhere(const PendingWork& pending, const units::workflows::ActivityRow& activity,
                      std::string_view queue, int64_t now) {
  const std::string name(queue);
  if (const auto taker = pending.takers.find(activity.scheduled_event_id); taker != pending.takers.end()) {
    return taker->second.empty() ? ", by a runtime of task queue " + name + " that is gone"
                                 : ", by " + taker->second + " of task queue " + name;
  }
  if (activity.next_attempt_ns > now) return ", for task queue " + name;
  return ", waits for a worker of task queue " + name;
}

void add_pending(const RunRow& run, const PendingWork& pending, int64_t now, std::string& out) {
  for (const auto& activity : pending.activities) {
    std::string line = std::string(units::workflows::text_at(activity.scheduled, "activity_type.name")) +
                       ", attempt " + std::to_string(activity.attempt);
    if (activity.next_attempt_ns > now) line += " in " + brief(activity.next_attempt_ns - now);
    const Value last = json::decode(activity.last_failure).value_or(Value());
    if (last.is_object()) line += ", last error " + failure_line(&last);
    const std::string_view queue = units::workflows::text_at(activity.scheduled, "task_queue.name");
    if (!queue.empty() && queue != run.task_queue) line += elsewhere(pending, activity, queue, now);
    if (const Value details = heartbeat_details(activity); !details.is_nil()) {
      line += ", last heartbeat ";
      append_json(line, details, JsonSpacing::spaced);
    }
    add_field(out, "Activity:", line);
  }
  for (const RunRow& child : pending.children) {
    const std::string why = remark(child, false);
    add_field(
        out, "Child:",
        child.workflow_id + " (" + child.type + "), " + state_of(child) + (why.empty() ? "" : ": " + why));
  }
  for (const auto& timer : pending.timers) {
    add_field(out, "Timer:", timer.due_ns > now ? "in " + brief(timer.due_ns - now) : "due");
  }
  for (const auto& inbound : pending.inbound) {
    const std::string_view topic = units::workflows::text_at(inbound.attributes, "signal_name");
    add_field(out, "Waiting:",
              topic.empty() ? std::string(event_name(inbound.type)) : "message " + std::string(topic));
  }
}

Result<int> show(Stores& stores, const WorkflowRequest& request, std::string& out) {
  const auto found = find_run(stores, request.words.front());
  if (!found) return fail(found.error());
  const RunRow& run = found->run;
  const auto pending = found->store->open->pending(run.run_id);
  if (!pending) return fail(pending.error());
  const bool unserved = found->store->open->unserved(run);
  if (request.json) {
    Object whole = run_json(run, found->store->id, unserved);
    whole.set("pending", pending_json(*pending));
    append_line(out, whole);
    return 0;
  }
  const int64_t now = system_clock().wall_ns();
  add_field(out, "Workflow:", run.workflow_id);
  add_field(out, "Run:", run.run_id);
  add_field(out, "Type:", run.type);
  add_field(out, "State:", state_of(run));
  add_field(out, "Parked:", run.parked);
  if (unserved) add_field(out, "Waiting:", waits_for_queue(run));
  if (const int64_t begins = begins_ns(run); begins != 0) {
    add_field(out, "Begins:", begins > now ? "in " + brief(begins - now) : "now");
  }
  add_field(out, "Code:", code_line(run));
  add_field(out, "PID:", pid_of(run, found->store->id));
  add_field(out, "Started:", local_time(run.started_ns));
  if (run.closed_ns != 0) add_field(out, "Ended:", local_time(run.closed_ns));
  add_field(out, "Took:", elapsed(run, now));
  if (run.attempt > 1) add_field(out, "Attempt:", std::to_string(run.attempt));
  add_field(
      out, "History:",
      std::to_string(run.next_event_id - 1) + " events, " + std::to_string(run.history_bytes) + " bytes");
  add_field(out, "Parent:", run.parent_workflow_id);
  add_field(out, "Next run:", run.next_run_id);
  add_field(out, "Cron:", run.cron_schedule);
  add_field(out, "Memo:", json_of(plain_fields(run.memo)));
  add_field(out, "Attributes:", json_of(plain_fields(run.search_attributes)));
  if (run.status != RunStatus::running) add_field(out, "Outcome:", remark(run, false));
  add_pending(run, *pending, now, out);
  return 0;
}

// --- history, export --------------------------------------------------------------------------------

void print_events(const std::vector<Event>& history, std::string& out) {
  std::vector<std::vector<std::string>> rows;
  rows.reserve(history.size());
  for (const Event& event : history) {
    std::string attributes;
    append_json(attributes, event.attributes, JsonSpacing::none);
    const auto& name = event.unknown_name;
    rows.push_back({std::to_string(event.id), utc_time(event.time_ns),
                    name.empty() ? std::string(event_name(event.type)) : name, attributes});
  }
  out += table({{"EVENT", 0}, {"TIME", 20}, {"TYPE", 0}, {"ATTRIBUTES", 10}}, rows, terminal_width());
}

Result<int> show_history(Stores& stores, const WorkflowRequest& request, Style style, std::string& out) {
  const auto found = find_run(stores, request.words.front());
  if (!found) return fail(found.error());
  const RunRow& run = found->run;
  const auto history = found->store->open->history(run.run_id);
  if (!history) return fail(history.error());
  const auto pending = found->store->open->pending(run.run_id);
  if (!pending) return fail(pending.error());
  if (request.events && request.json) {
    out += units::workflows::encode_events(*history) + "\n";
    return 0;
  }
  const std::vector<Step> steps = steps_of(*history, *pending);
  if (request.json) {
    Array all;
    for (const Step& step : steps) all.push_back(step_json(step));
    Object whole = run_json(run, found->store->id, found->store->open->unserved(run));
    whole.set("steps", std::move(all));
    append_line(out, whole);
    return 0;
  }
  const int64_t now = system_clock().wall_ns();
  out += run.workflow_id + "  " + run.type + "  " + state_of(run) +
         (run.closed_ns != 0 ? " after " : " for ") + elapsed(run, now) + "  run " + run.run_id + "\n";
  if (!run.parked.empty()) out += run.parked + "\n";
  out += "\n";
  if (request.events) {
    print_events(*history, out);
  } else {
    out += draw_timeline(steps, {terminal_width(), style.color, now});
  }
  return 0;
}

Result<int> export_history(Stores& stores, const WorkflowRequest& request, std::string& out) {
  const auto found = find_run(stores, request.words.front());
  if (!found) return fail(found.error());
  auto history = found->store->open->history(found->run.run_id);
  if (!history) return fail(std::move(history.error()));
  const RunRow& run = found->run;
  out +=
      export_text({run.workflow_id, run.run_id, run.type, found->store->id, run.worker, std::move(*history)});
  return 0;
}

// --- asking -----------------------------------------------------------------------------------------

void report(const WorkflowRequest& request, const std::string& done, const std::string& id,
            std::string& out) {
  if (request.json) {
    append_line(out, Object{{"workflow_id", id}, {"done", done}});
  } else {
    out += done + " " + id + "\n";
  }
}

Result<int> signal(Stores& stores, const WorkflowRequest& request, std::string& out) {
  const auto found = find_open_run(stores, request.words[0], "signal");
  if (!found) return fail(found.error());
  if (request.words[1].empty() || request.words[1].starts_with('@')) {
    return fail(kind::invalid, "a topic must not be empty or begin with @");
  }
  Array values;
  for (size_t i = 2; i < request.words.size(); ++i) values.push_back(typed_value(request.words[i]));
  const Result<> done =
      found->store->open->signal(found->run.workflow_id, {request.words[1], "", encode_values(values)});
  if (!done) return fail(done.error());
  report(request, "signaled", found->run.workflow_id, out);
  return 0;
}

Result<int> update(Stores& stores, const WorkflowRequest& request, std::string& out) {
  const auto found = find_open_run(stores, request.words[0], "update");
  if (!found) return fail(found.error());
  if (request.words[1].empty()) return fail(kind::invalid, "the name of an update must not be empty");
  Duration limit{0};
  if (!request.timeout.empty()) {
    const auto parsed = parse_duration(request.timeout);
    if (!parsed || parsed->count() <= 0) {
      return fail(kind::invalid, "--timeout is no duration like 5s: \"" + request.timeout + "\"");
    }
    limit = *parsed;
  }
  Array values;
  for (size_t i = 2; i < request.words.size(); ++i) values.push_back(typed_value(request.words[i]));
  const auto answer =
      found->store->open->update(found->run.workflow_id, request.words[1], encode_values(values), limit);
  if (!answer) return fail(answer.error());
  append_json(out, first_value(*answer), request.json ? JsonSpacing::none : JsonSpacing::spaced);
  out += '\n';
  return 0;
}

Result<int> end(Stores& stores, const WorkflowRequest& request, std::string& out) {
  const bool cancel = request.verb == WorkflowVerb::cancel;
  const auto found = find_open_run(stores, request.words[0], cancel ? "cancel" : "terminate");
  if (!found) return fail(found.error());
  const std::string& id = found->run.workflow_id;
  const Result<> done = cancel ? found->store->open->request_cancel(id, request.reason)
                               : found->store->open->terminate(id, request.reason);
  if (!done) return fail(done.error());
  report(request, cancel ? "cancellation requested:" : "terminated", id, out);
  return 0;
}

Result<int> retry(Stores& stores, const WorkflowRequest& request, std::string& out) {
  if (!request.all) {
    const auto found = find_open_run(stores, request.words[0], "retry");
    if (!found) return fail(found.error());
    if (const Result<> done = found->store->open->retry(found->run.workflow_id); !done) {
      return fail(done.error());
    }
    report(request, "tries again:", found->run.workflow_id, out);
    return 0;
  }
  RunFilter parked;
  parked.parked = true;
  size_t count = 0;
  for (WorkflowStore& store : stores) {
    const auto runs = store.open->list(parked, SIZE_MAX, {});
    if (!runs) return fail(runs.error());
    for (const RunRow& run : *runs) {
      const Result<> done = store.open->retry(run.workflow_id);
      // It went on by itself, or ended.
      if (!done && (done.error().kind == kind::invalid || done.error().kind == kind::not_found)) continue;
      if (!done) return fail(done.error());
      report(request, "tries again:", run.workflow_id, out);
      ++count;
    }
  }
  if (count == 0 && !request.json) out += "No workflow is parked\n";
  return 0;
}

}  // namespace

Result<int> workflow(const GlobalOptions& global, const WorkflowRequest& request, Style style,
                     std::string& out) {
  auto stores = open_workflow_stores(global, request.source, request.store);
  if (!stores) return fail(std::move(stores.error()));
  switch (request.verb) {
    case WorkflowVerb::list:
      return list(*stores, request, out);
    case WorkflowVerb::show:
      return show(*stores, request, out);
    case WorkflowVerb::history:
      return show_history(*stores, request, style, out);
    case WorkflowVerb::signal:
      return signal(*stores, request, out);
    case WorkflowVerb::cancel:
    case WorkflowVerb::terminate:
      return end(*stores, request, out);
    case WorkflowVerb::update:
      return update(*stores, request, out);
    case WorkflowVerb::retry:
      return retry(*stores, request, out);
    case WorkflowVerb::exports:
      return export_history(*stores, request, out);
    case WorkflowVerb::migrate:
    case WorkflowVerb::query:
    case WorkflowVerb::replay:
      break;
  }
  return fail(kind::internal, "no such command");
}

}  // namespace trivium::cli
