#include "units/workflows/matching.h"

#include <initializer_list>

namespace trivium::units::workflows {
namespace {

struct Identity {
  EventType type;
  std::string_view noun;
  std::initializer_list<std::string_view> paths;  // what must agree
};

const Identity* identity(EventType type) {
  static const Identity identities[] = {
      {EventType::activity_scheduled, "activity", {"activity_type.name", "activity_id"}},
      {EventType::activity_cancel_requested, "cancellation of the activity", {"scheduled_event_id"}},
      {EventType::timer_started, "timer", {"timer_id"}},
      {EventType::marker_recorded, "recorded value", {"marker_name"}},
      {EventType::child_initiated, "child workflow", {"workflow_type.name"}},
      {EventType::signal_external_initiated, "message", {"signal_name", "workflow_execution.workflow_id"}},
      {EventType::cancel_external_initiated,
       "cancellation of the workflow",
       {"workflow_execution.workflow_id"}},
      {EventType::search_attributes_upserted, "search attributes", {}},
      {EventType::properties_modified, "memo", {}},
      {EventType::update_accepted, "acceptance of the update", {"protocol_instance_id"}},
      {EventType::update_completed, "completion of the update", {"protocol_instance_id"}},
      {EventType::execution_completed, "completion of the workflow", {}},
      {EventType::execution_failed, "failure of the workflow", {}},
      {EventType::execution_continued_as_new, "continue-as-new", {}},
  };
  for (const Identity& candidate : identities) {
    if (candidate.type == type) return &candidate;
  }
  return nullptr;
}

std::string shown(const Value* value) {
  if (value == nullptr) return "?";
  if (value->is_string()) return value->as_string();
  return value->is_int() ? std::to_string(value->as_int()) : std::string(value->type_name());
}

}  // namespace

bool agrees(const WorkflowCommand& command, const Event& event) {
  if (command.event != event.type) return false;
  const Identity* same = identity(event.type);
  if (same == nullptr) return false;
  for (const std::string_view path : same->paths) {
    const Value* ours = value_at(command.attributes, path);
    const Value* theirs = value_at(event.attributes, path);
    if (ours == nullptr || theirs == nullptr || !(*ours == *theirs)) return false;
  }
  return true;
}

std::string describe(EventType type, const Object& attributes) {
  const Identity* known = identity(type);
  if (known == nullptr) return std::string(event_name(type));
  std::string text(known->noun);
  for (const std::string_view path : known->paths) text += " " + shown(value_at(attributes, path));
  // What went wrong in the code is worth more than that something did.
  if (type == EventType::execution_failed)
    text += " (" + shown(value_at(attributes, "failure.message")) + ")";
  return text;
}

TaskFailure mismatch(const WorkflowCommand* command, const Event* event) {
  const std::string code =
      command != nullptr ? describe(command->event, command->attributes) : "nothing more";
  const std::string history = event != nullptr && is_command_event(event->type)
                                  ? describe(event->type, event->attributes) + " (event " +
                                        std::to_string(event->id) + ", " +
                                        std::string(event_name(event->type)) + ")"
                                  : "nothing more";
  return {true,
          "[TMPRL1100] the code does not fit the history: it asks for " + code + " where the history has " +
              history,
          event != nullptr ? event->id : 0, history, code};
}

bool is_version_upsert(const Event& event) {
  return event.type == EventType::search_attributes_upserted &&
         value_at(event.attributes, "search_attributes.TemporalChangeVersion") != nullptr;
}

}  // namespace trivium::units::workflows
