#include "cli/workflows/run_text.h"

#include <array>
#include <cstdio>

#include "cli/json_text.h"
#include "core/json.h"
#include "core/time_layout.h"
#include "units/workflows/failure.h"
#include "units/workflows/payload.h"

namespace trivium::cli {

using units::workflows::ActivityRow;
using units::workflows::InboundRow;
using units::workflows::PendingWork;
using units::workflows::RunRow;
using units::workflows::RunStatus;
using units::workflows::TimerRow;

namespace {

Value decoded(const std::string& text) {
  return text.empty() ? Value() : json::decode(text).value_or(Value());
}

std::string text_of(const Value& value) {
  std::string text;
  append_json(text, value, JsonSpacing::none);
  return text;
}

}  // namespace

std::string state_of(const RunRow& run) {
  if (run.status == RunStatus::running && !run.parked.empty()) return "Parked";
  if (run.status == RunStatus::running && !run.stays_reason.empty()) return "Old code";
  return std::string(status_name(run.status));
}

std::string utc_time(int64_t time_ns) {
  if (time_ns == 0) return {};
  return format_time(TimePoint::from_unix(0, time_ns), layout::rfc3339_nano);
}

std::string local_time(int64_t time_ns) {
  return format_time(TimePoint::from_unix(0, time_ns, Zone::local()), layout::date_time);
}

std::string brief(int64_t duration_ns) {
  const double seconds = static_cast<double>(duration_ns) / 1e9;
  std::array<char, 48> text{};
  const auto print = [&](const char* format, auto... values) {
    std::snprintf(text.data(), text.size(), format, values...);
    return std::string(text.data());
  };
  if (seconds < 0.001) return print("%.0fµs", seconds * 1e6);
  if (seconds < 1) return print(seconds < 0.01 ? "%.1fms" : "%.0fms", seconds * 1e3);
  if (seconds < 60) return print(seconds < 10 ? "%.2fs" : "%.1fs", seconds);
  const auto whole = static_cast<long long>(seconds);
  if (whole < 3600) return print("%lldm%02llds", whole / 60, whole % 60);
  if (whole < 86400) return print("%lldh%02lldm", whole / 3600, whole / 60 % 60);
  return print("%lldd%02lldh", whole / 86400, whole / 3600 % 24);
}

std::string elapsed(const RunRow& run, int64_t now_ns) {
  return brief((run.closed_ns != 0 ? run.closed_ns : now_ns) - run.started_ns);
}

// --- payloads ---------------------------------------------------------------------------------------

Value plain_payload(const Value& payload) {
  const Value* encoding = payload.find("encoding");
  if (encoding != nullptr && *encoding == Value("binary/plain")) {
    const Value* data = payload.find("data");
    return Object{{"base64", data != nullptr ? *data : Value()}};
  }
  return units::workflows::plain_of(payload);
}

Array plain_payloads(const Value* payloads) {
  Array values;
  if (payloads == nullptr || !payloads->is_array()) return values;
  for (const Value& payload : payloads->as_array()) values.push_back(plain_payload(payload));
  return values;
}

std::string brief_values(const Array& values) {
  std::string text;
  for (const Value& value : values) text += (text.empty() ? "" : ", ") + text_of(value);
  return text;
}

Value typed_value(const std::string& word) {
  auto value = json::decode(word);
  if (!value) return word;
  const char first = word.front();
  if (first == '{' || first == '[' || first == '"') return std::move(*value);
  // The reader stops behind the first value: "5 apples" is no number.
  return text_of(*value) == word ? std::move(*value) : Value(word);
}

Value plain_failure(const Value& failure) {
  const Error error = units::workflows::error_of_failure(failure);
  Object plain{{"kind", error.kind}, {"message", error.message}};
  if (error.retryable) plain.set("retryable", *error.retryable);
  if (!error.details.is_nil()) plain.set("details", error.details);
  return plain;
}

std::string failure_line(const Value* failure) {
  if (failure == nullptr) return {};
  const Error error = units::workflows::error_of_failure(*failure);
  return (error.kind.empty() ? "" : error.kind + ": ") + error.message;
}

// --- runs -------------------------------------------------------------------------------------------

Object outcome_of(const RunRow& run) {
  const Value outcome = decoded(run.outcome);
  Object shown;
  switch (run.status) {
    case RunStatus::completed: {
      Array values = plain_payloads(outcome.find("result"));
      shown.set("result", values.empty() ? Value() : std::move(values.front()));
      break;
    }
    case RunStatus::failed:
      if (const Value* failure = outcome.find("failure")) shown.set("error", plain_failure(*failure));
      break;
    case RunStatus::terminated:
      if (const Value* reason = outcome.find("reason")) shown.set("reason", *reason);
      break;
    default:
      break;
  }
  return shown;
}

std::string pid_of(const RunRow& run, const std::string& store) {
  return "{" + store + "@" + run.worker + "|" + run.workflow_id + "}";
}

int64_t begins_ns(const RunRow& run) {
  return run.status == RunStatus::running && run.last_task_started == 0 ? run.first_task_ns : 0;
}

std::string waits_for_queue(const RunRow& run) {
  return "for a runtime that serves task queue " + run.task_queue;
}

std::string remark(const RunRow& run, bool unserved) {
  if (run.status == RunStatus::running && !run.parked.empty()) return run.parked;
  if (unserved) return "waits " + waits_for_queue(run);
  if (run.status == RunStatus::running) return run.stays_reason;
  const Value outcome = decoded(run.outcome);
  if (run.status == RunStatus::completed) return brief_values(plain_payloads(outcome.find("result")));
  if (run.status == RunStatus::failed) return failure_line(outcome.find("failure"));
  const Value* reason = outcome.find("reason");
  return reason != nullptr && reason->is_string() ? reason->as_string() : std::string();
}

Object plain_fields(const std::string& stored) {
  Object fields;
  const Value payloads = decoded(stored);
  if (!payloads.is_object()) return fields;
  for (const auto& [key, payload] : payloads.as_object()) fields.set(key, plain_payload(payload));
  return fields;
}

Object run_json(const RunRow& run, const std::string& store, bool unserved) {
  Object out{{"workflow_id", run.workflow_id},
             {"run_id", run.run_id},
             {"first_run_id", run.first_run_id},
             {"type", run.type},
             {"status", status_name(run.status)},
             {"parked", run.parked.empty() ? Value() : Value(run.parked)},
             {"waiting", unserved ? Value(waits_for_queue(run)) : Value()},
             {"pid", pid_of(run, store)},
             {"code", Object{{"hash", run.code_hash},
                             {"stays", run.stays_reason.empty() ? Value() : Value(run.stays_reason)}}},
             {"store", store},
             {"worker", run.worker},
             {"task_queue", run.task_queue},
             {"attempt", run.attempt},
             {"started", utc_time(run.started_ns)},
             {"begins", begins_ns(run) != 0 ? Value(utc_time(begins_ns(run))) : Value()},
             {"closed", run.closed_ns != 0 ? Value(utc_time(run.closed_ns)) : Value()},
             {"events", run.next_event_id - 1},
             {"history_bytes", run.history_bytes}};
  if (!run.parent_run_id.empty()) {
    out.set("parent", Object{{"workflow_id", run.parent_workflow_id}, {"run_id", run.parent_run_id}});
  }
  if (!run.next_run_id.empty()) out.set("next_run_id", run.next_run_id);
  if (!run.cron_schedule.empty()) out.set("cron_schedule", run.cron_schedule);
  out.set("memo", plain_fields(run.memo));
  out.set("search_attributes", plain_fields(run.search_attributes));
  for (auto& [key, value] : outcome_of(run)) out.set(key, std::move(value));
  return out;
}

Value heartbeat_details(const ActivityRow& activity) {
  return activity.heartbeat.empty() ? Value() : plain_payload(decoded(activity.heartbeat));
}

Object pending_json(const PendingWork& pending) {
  Array activities;
  for (const ActivityRow& row : pending.activities) {
    const auto taker = pending.takers.find(row.scheduled_event_id);
    const Value last = decoded(row.last_failure);
    activities.push_back(
        Object{{"event_id", row.scheduled_event_id},
               {"function", units::workflows::text_at(row.scheduled, "activity_type.name")},
               {"arguments", plain_payloads(row.scheduled.find("input"))},
               {"scheduled", utc_time(row.scheduled_ns)},
               {"task_queue", units::workflows::text_at(row.scheduled, "task_queue.name")},
               {"taken_by", taker != pending.takers.end() ? Value(taker->second) : Value()},
               {"attempt", row.attempt},
               {"heartbeat", heartbeat_details(row)},
               {"next_attempt", row.next_attempt_ns != 0 ? Value(utc_time(row.next_attempt_ns)) : Value()},
               {"last_error", last.is_object() ? plain_failure(last) : Value()}});
  }
  Array timers;
  for (const TimerRow& row : pending.timers) {
    timers.push_back(Object{{"event_id", row.started_event_id}, {"due", utc_time(row.due_ns)}});
  }
  Array inbound;
  for (const InboundRow& row : pending.inbound) {
    Object event{{"event", units::workflows::event_name(row.type)}, {"arrived", utc_time(row.time_ns)}};
    if (const Value* name = row.attributes.find("signal_name")) event.set("topic", *name);
    inbound.push_back(std::move(event));
  }
  Array children;
  for (const RunRow& row : pending.children) {
    children.push_back(Object{{"workflow_id", row.workflow_id},
                              {"run_id", row.run_id},
                              {"type", row.type},
                              {"parked", row.parked.empty() ? Value() : Value(row.parked)}});
  }
  return Object{{"activities", std::move(activities)},
                {"children", std::move(children)},
                {"timers", std::move(timers)},
                {"waiting_events", std::move(inbound)}};
}

}  // namespace trivium::cli
