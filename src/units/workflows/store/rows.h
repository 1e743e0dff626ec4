// What providers keep, row by row. Times are wall-clock nanoseconds since the epoch, 0: none. Texts that
// hold JSON say so.
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/value.h"
#include "units/workflows/event.h"
#include "units/workflows/options.h"

namespace trivium::units::workflows {

enum class RunStatus : uint8_t {
  running,
  completed,
  failed,
  canceled,
  terminated,
  continued_as_new,
  timed_out,
};
// "Running", "Completed", …
std::string_view status_name(RunStatus status);

// Somebody said which code the run goes on with: no other one before the next deployment. The hash of the
// code it is up to then follows as soon as a runtime has seen the run.
inline constexpr std::string_view moved_by_hand = "moved:";

struct RunRow {
  std::string run_id;
  std::string workflow_id;
  std::string first_run_id;  // of the chain
  std::string type;
  std::string task_queue;
  std::string worker;  // entry id: host part of the PID
  std::string owner;   // the runtime that has it; empty: nobody, or the store has one runtime at a time
  RunStatus status = RunStatus::running;
  int64_t attempt = 1;

  // Fencing: whoever commits must name both; a new owner raises `fence`.
  int64_t fence = 0;
  int64_t next_event_id = 1;
  int64_t last_task_started = 0;  // event id of the last completed task's start; 0: none yet
  int64_t history_bytes = 0;

  std::string parent_workflow_id;
  std::string parent_run_id;    // empty: no parent
  int64_t parent_event_id = 0;  // its StartChildWorkflowExecutionInitiated
  ParentClosePolicy parent_close = ParentClosePolicy::terminate;

  int64_t started_ns = 0;
  int64_t first_task_ns = 0;  // not before: start delay, retry, cron
  int64_t run_deadline_ns = 0;
  int64_t execution_deadline_ns = 0;
  int64_t closed_ns = 0;
  std::string next_run_id;   // of the chain, once this run closed
  std::string code_hash;     // of the code it runs on
  std::string refused_hash;  // of newer code it does not go over to, or moved_by_hand and that
  std::string stays_reason;  // why not; empty: as far as is known, it runs on the newest
  std::string parked;        // why the workflow task cannot be carried out; empty: it can
  std::string retry_policy;  // JSON, empty: none
  std::string cron_schedule;
  std::string memo;               // JSON object of payloads
  std::string search_attributes;  // JSON object of payloads
  std::string outcome;            // JSON: attributes of the closing event
};

// One more task of an open run, which stays on its code.
struct RunAdvance {
  std::string_view run_id;
  // As it must be.
  int64_t fence = 0;
  int64_t first_event_id = 0;
  std::string_view code_hash;
  // As it becomes.
  int64_t next_event_id = 0;
  int64_t task_started = 0;
  bool newest = false;      // there is no code it could not go over to
  std::string_view events;  // the batch that takes it there
  // Scheduled event ids: activities that had rows and have ended, and new ones.
  const std::vector<int64_t>& closed;
  const std::vector<int64_t>& opened;
};

// Which runs to show. What is not given does not narrow.
struct RunFilter {
  std::optional<RunStatus> status;
  bool parked = false;  // only those whose task cannot be carried out
  std::string type;     // empty: any
  int64_t started_from_ns = 0;
  int64_t started_before_ns = 0;  // 0: no end
};

// The code of a run, as text.
struct CodeText {
  std::string hash;
  std::string entry_id;
  std::shared_ptr<const std::string> source;
};

// A run shall go over to other code: a dry run that saw it up to `next_event_id` found that it fits.
struct CodeChange {
  std::string workflow_id;
  std::string run_id;
  int64_t next_event_id = 0;
  CodeText code;
};

// What a store has of a code, without its text.
struct SourceRow {
  std::string hash;
  int64_t unused_ns = 0;  // since when no open run is on it; 0: some are, as far as is known
};

// An event that is durable but not in the history yet, because the workflow task that takes it up gives
// it its id.
struct InboundRow {
  int64_t sequence = 0;  // ascending in the order of arrival
  EventType type{};
  int64_t time_ns = 0;
  Object attributes;
};

struct ActivityRow {
  int64_t scheduled_event_id = 0;
  int64_t scheduled_ns = 0;
  int64_t attempt = 1;
  bool started = false;  // known to have begun; only noted where a repetition would be one too many
  int64_t next_attempt_ns = 0;
  bool cancel_requested = false;
  Object scheduled;          // attributes of ActivityTaskScheduled
  std::string last_failure;  // JSON, empty: none
  std::string heartbeat;     // JSON of a payload: what the last sign of life told; empty: nothing
  // Its next attempt stands among the due times (retry_timer), which also tells that nobody has begun it, or
  // that others have it, whose telling of it wakes the run.
  bool awaited = false;
};

// An attempt of an activity that its run leaves to whoever serves another task queue (store/shared_tables.h).
struct AttemptRow {
  std::string run_id;
  int64_t scheduled_event_id = 0;
  int64_t attempt = 1;
  std::string task_queue;

  // The runtime that has it; empty: none. Whoever takes it raises `fence`, and what it tells names both.
  std::string taker;
  int64_t fence = 0;
  // As read: what people call the taker, and whether it is there no more.
  std::string taker_name;
  bool taker_gone = false;

  bool cancel_requested = false;
  // As its taker told.
  bool called = false;    // it may have begun: nobody takes it again
  int64_t begun_ns = 0;   // when it got a worker
  int64_t beat_ns = 0;    // its last sign of life
  std::string heartbeat;  // what that told: JSON of a payload
  std::string outcome;    // JSON (attempt_outcome.h); empty: it has not ended
};

// One that was taken, with what it takes to carry it out.
struct ClaimedAttempt {
  AttemptRow attempt;
  ActivityRow activity;
  std::string workflow_id;
  std::string workflow_type;
};

struct TimerRow {
  int64_t started_event_id = 0;
  std::string timer_id;
  int64_t due_ns = 0;
};

// What waits for a run's next task, and what runs on its behalf.
struct PendingRows {
  std::vector<InboundRow> inbound;
  std::vector<ActivityRow> activities;
  std::vector<TimerRow> timers;
};

// What else is due for a run stands beside its timers, in place of the event that started one: its first
// task, until that is done, and the end of its time.
constexpr int64_t first_task_timer = 0;
constexpr int64_t deadline_timer = -1;
// And the next attempts of activities, until they begin; or when one that another task queue has is looked at
// again.
constexpr int64_t retry_timer(int64_t scheduled_event_id) { return -scheduled_event_id; }

// When a run has something to do by itself. Ordered by time.
struct Due {
  int64_t due_ns = 0;
  std::string run_id;
  auto operator<=>(const Due&) const = default;
};

// A piece of all due times, in their order.
struct DuePage {
  std::vector<Due> due;
  Due end;           // the last that was looked at
  bool last = true;  // none comes after it
};

// Something asked of the runtime that has the store, by another process that looks into it.
struct OperationRow {
  int64_t sequence = 0;
  // execution_signaled, execution_cancel_requested, execution_terminated, update_admitted; task_scheduled:
  // try a parked run again; update_completed: the outcome is to be the answer to an update;
  // execution_options_updated: go over to other code.
  EventType type{};
  std::string workflow_id;
  Object attributes;  // of that event
};

}  // namespace trivium::units::workflows
