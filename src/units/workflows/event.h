// The events of a workflow's history: Temporal's types and attribute names, so that a history can be
// exchanged with it and one replay engine serves every provider.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "core/value.h"

namespace trivium::units::workflows {

enum class EventType : uint8_t {
  unknown,
  // --- the run ---
  execution_started,
  execution_completed,
  execution_failed,
  execution_timed_out,
  execution_terminated,
  execution_canceled,
  execution_continued_as_new,
  execution_signaled,
  execution_cancel_requested,
  update_admitted,  // never in a history: asked for, and not accepted so far
  update_accepted,
  update_completed,
  execution_options_updated,
  // --- workflow tasks ---
  task_scheduled,
  task_started,
  task_completed,
  task_failed,
  task_timed_out,
  // --- activities ---
  activity_scheduled,
  activity_started,
  activity_completed,
  activity_failed,
  activity_timed_out,
  activity_canceled,
  activity_cancel_requested,
  // --- timers ---
  timer_started,
  timer_fired,
  timer_canceled,
  // --- recorded values ---
  marker_recorded,
  search_attributes_upserted,
  properties_modified,
  // --- children ---
  child_initiated,
  child_start_failed,
  child_started,
  child_completed,
  child_failed,
  child_canceled,
  child_timed_out,
  child_terminated,
  // --- other workflows ---
  signal_external_initiated,
  signal_external_failed,
  external_signaled,
  cancel_external_initiated,
  cancel_external_failed,
  external_cancel_requested,
};

struct Event {
  int64_t id = 0;
  EventType type = EventType::unknown;
  int64_t time_ns = 0;  // wall clock, since the epoch
  Object attributes;
  bool worker_may_ignore = false;
  std::string unknown_name;  // of a type this build does not know
};

// "ActivityTaskScheduled"; EventType::unknown for a name this build does not know.
std::string_view event_name(EventType type);
EventType event_type(std::string_view name);

// Written because a command asked for it: every command makes exactly one such event.
bool is_command_event(EventType type);
// Ends the run.
bool is_close_event(EventType type);

// Of an event that answers another one: what a timer, an activity, a child or another workflow came to.
struct Answer {
  int64_t to = 0;     // the id of the event that asked
  bool last = false;  // or more answers to it follow
};
std::optional<Answer> answer_of(const Event& event);

// Members of the attributes by dotted path; empty or 0 when absent.
std::string_view text_at(const Object& attributes, std::string_view path);
int64_t integer_at(const Object& attributes, std::string_view path);
const Value* value_at(const Object& attributes, std::string_view path);

// A batch as the providers store it: a JSON array.
std::string encode_events(std::span<const Event> events);
// Appends to `events`.
Result<> decode_events(std::string_view text, std::vector<Event>& events);
// The same for a batch that was read.
void append_events(Array records, std::vector<Event>& events);

}  // namespace trivium::units::workflows
