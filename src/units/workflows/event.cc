#include "units/workflows/event.h"

#include "core/json.h"

namespace trivium::units::workflows {
namespace {

enum Role : uint8_t { other, command, close };

// What an event that answers another one calls that one's id, and whether more answers follow.
struct Answers {
  std::string_view asked_by;
  bool last = true;
};
constexpr Answers activity{"scheduled_event_id"};
constexpr Answers timer{"started_event_id"};
constexpr Answers initiated{"initiated_event_id"};
constexpr Answers first(Answers answers) { return {answers.asked_by, false}; }

struct Description {
  EventType type;
  std::string_view name;
  Role role;
  Answers answers{};
};

// In the order of the enumeration.
constexpr Description descriptions[] = {
    {EventType::unknown, "", other},
    {EventType::execution_started, "WorkflowExecutionStarted", other},
    {EventType::execution_completed, "WorkflowExecutionCompleted", close},
    {EventType::execution_failed, "WorkflowExecutionFailed", close},
    {EventType::execution_timed_out, "WorkflowExecutionTimedOut", close},
    {EventType::execution_terminated, "WorkflowExecutionTerminated", close},
    {EventType::execution_canceled, "WorkflowExecutionCanceled", close},
    {EventType::execution_continued_as_new, "WorkflowExecutionContinuedAsNew", close},
    {EventType::execution_signaled, "WorkflowExecutionSignaled", other},
    {EventType::execution_cancel_requested, "WorkflowExecutionCancelRequested", other},
    {EventType::update_admitted, "WorkflowExecutionUpdateAdmitted", other},
    {EventType::update_accepted, "WorkflowExecutionUpdateAccepted", command},
    {EventType::update_completed, "WorkflowExecutionUpdateCompleted", command},
    {EventType::execution_options_updated, "WorkflowExecutionOptionsUpdated", other},
    {EventType::task_scheduled, "WorkflowTaskScheduled", other},
    {EventType::task_started, "WorkflowTaskStarted", other},
    {EventType::task_completed, "WorkflowTaskCompleted", other},
    {EventType::task_failed, "WorkflowTaskFailed", other},
    {EventType::task_timed_out, "WorkflowTaskTimedOut", other},
    {EventType::activity_scheduled, "ActivityTaskScheduled", command},
    {EventType::activity_started, "ActivityTaskStarted", other, first(activity)},
    {EventType::activity_completed, "ActivityTaskCompleted", other, activity},
    {EventType::activity_failed, "ActivityTaskFailed", other, activity},
    {EventType::activity_timed_out, "ActivityTaskTimedOut", other, activity},
    {EventType::activity_canceled, "ActivityTaskCanceled", other, activity},
    {EventType::activity_cancel_requested, "ActivityTaskCancelRequested", command},
    {EventType::timer_started, "TimerStarted", command},
    {EventType::timer_fired, "TimerFired", other, timer},
    {EventType::timer_canceled, "TimerCanceled", command},
    {EventType::marker_recorded, "MarkerRecorded", command},
    {EventType::search_attributes_upserted, "UpsertWorkflowSearchAttributes", command},
    {EventType::properties_modified, "WorkflowPropertiesModified", command},
    {EventType::child_initiated, "StartChildWorkflowExecutionInitiated", command},
    {EventType::child_start_failed, "StartChildWorkflowExecutionFailed", other, initiated},
    {EventType::child_started, "ChildWorkflowExecutionStarted", other, first(initiated)},
    {EventType::child_completed, "ChildWorkflowExecutionCompleted", other, initiated},
    {EventType::child_failed, "ChildWorkflowExecutionFailed", other, initiated},
    {EventType::child_canceled, "ChildWorkflowExecutionCanceled", other, initiated},
    {EventType::child_timed_out, "ChildWorkflowExecutionTimedOut", other, initiated},
    {EventType::child_terminated, "ChildWorkflowExecutionTerminated", other, initiated},
    {EventType::signal_external_initiated, "SignalExternalWorkflowExecutionInitiated", command},
    {EventType::signal_external_failed, "SignalExternalWorkflowExecutionFailed", other, initiated},
    {EventType::external_signaled, "ExternalWorkflowExecutionSignaled", other, initiated},
    {EventType::cancel_external_initiated, "RequestCancelExternalWorkflowExecutionInitiated", command},
    {EventType::cancel_external_failed, "RequestCancelExternalWorkflowExecutionFailed", other, initiated},
    {EventType::external_cancel_requested, "ExternalWorkflowExecutionCancelRequested", other, initiated},
};

const Description& description(EventType type) { return descriptions[static_cast<size_t>(type)]; }

Event event_of(Value record) {
  Event event;
  if (!record.is_object()) return event;
  Object& members = record.as_object();
  const std::string_view name = text_at(members, "event_type");
  event.id = integer_at(members, "event_id");
  event.time_ns = integer_at(members, "event_time");
  event.type = event_type(name);
  if (event.type == EventType::unknown) event.unknown_name = name;
  if (const Value* ignore = members.find("worker_may_ignore")) {
    event.worker_may_ignore = ignore->is_bool() && ignore->as_bool();
  }
  if (Value* attributes = members.find("attributes"); attributes != nullptr && attributes->is_object()) {
    event.attributes = std::move(attributes->as_object());
  }
  return event;
}

}  // namespace

std::string_view event_name(EventType type) { return description(type).name; }

EventType event_type(std::string_view name) {
  for (const Description& candidate : descriptions) {
    if (candidate.name == name) return candidate.type;
  }
  return EventType::unknown;
}

bool is_command_event(EventType type) { return description(type).role != other; }
bool is_close_event(EventType type) { return description(type).role == close; }

std::optional<Answer> answer_of(const Event& event) {
  const Answers& answers = description(event.type).answers;
  if (answers.asked_by.empty()) return std::nullopt;
  return Answer{integer_at(event.attributes, answers.asked_by), answers.last};
}

const Value* value_at(const Object& attributes, std::string_view path) {
  const size_t dot = path.find('.');
  const Value* member = attributes.find(path.substr(0, dot));
  if (member == nullptr || dot == std::string_view::npos) return member;
  return member->find_path(path.substr(dot + 1));
}

std::string_view text_at(const Object& attributes, std::string_view path) {
  const Value* value = value_at(attributes, path);
  return value != nullptr && value->is_string() ? std::string_view(value->as_string()) : std::string_view();
}

int64_t integer_at(const Object& attributes, std::string_view path) {
  const Value* value = value_at(attributes, path);
  return value != nullptr && value->is_int() ? value->as_int() : 0;
}

std::string encode_events(std::span<const Event> events) {
  std::string out = "[";
  out.reserve(256 * events.size());  // about as long
  for (const Event& event : events) {
    if (out.size() > 1) out += ",\n";
    out += "{\"event_id\":";
    json::append_integer(out, event.id);
    out += ",\"event_type\":";
    json::append_string(out, event.type == EventType::unknown ? event.unknown_name : event_name(event.type));
    out += ",\"event_time\":";
    json::append_integer(out, event.time_ns);
    if (event.worker_may_ignore) out += ",\"worker_may_ignore\":true";
    out += ",\"attributes\":";
    // Attributes are shallow: what the application nests lies in payloads, which are text.
    const size_t before = out.size();
    if (!json::append(out, event.attributes)) out.replace(before, std::string::npos, "{}");
    out += '}';
  }
  return out += ']';
}

Result<> decode_events(std::string_view text, std::vector<Event>& events) {
  Result<Value> decoded = json::decode(text);
  if (!decoded) return fail(std::move(decoded.error()));
  if (!decoded->is_array()) return fail(kind::internal, "a history batch is not a list of events");
  append_events(std::move(decoded->as_array()), events);
  return {};
}

void append_events(Array records, std::vector<Event>& events) {
  for (Value& record : records) events.push_back(event_of(std::move(record)));
}

}  // namespace trivium::units::workflows
