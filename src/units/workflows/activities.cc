#include "units/workflows/activities.h"

#include <algorithm>
#include <utility>

#include "core/json.h"
#include "units/workflows/attempt_outcome.h"
#include "units/workflows/core.h"
#include "units/workflows/failure.h"
#include "units/workflows/header.h"
#include "units/workflows/payload.h"
#include "units/workflows/run.h"

namespace trivium::units::workflows {

std::string_view Activities::type(const Activity& activity) const {
  return text_at(activity.row.scheduled, "activity_type.name");
}

Activities::Activity& Activities::insert(ActivityRow row) {
  Activity& activity = *activities_.emplace_back(std::make_unique<Activity>());
  activity.row = std::move(row);
  activity.policy = RetryPolicy::of(activity.row.scheduled.find("retry_policy"));
  activity.foreign = core_.sharing() != nullptr && is_foreign(activity.row.scheduled);
  const int64_t limit = integer_at(activity.row.scheduled, "schedule_to_close_timeout");
  if (limit > 0) activity.deadline_ns = activity.row.scheduled_ns + limit;
  return activity;
}

Activities::Activity* Activities::find(int64_t scheduled_event_id, int64_t attempt) {
  for (const auto& activity : activities_) {
    if (activity->row.scheduled_event_id != scheduled_event_id || activity->ended) continue;
    return attempt == 0 || activity->row.attempt == attempt ? activity.get() : nullptr;
  }
  return nullptr;
}

void Activities::add(ActivityRow row) { dispatch(insert(std::move(row))); }

void Activities::recover(ActivityRow row, const std::vector<AttemptRow>& attempts) {
  Activity& activity = insert(std::move(row));
  if (activity.foreign) return adopt(activity, attempts);
  if (activity.row.cancel_requested) return end(activity, EventType::activity_canceled, {});
  if (activity.row.next_attempt_ns > core_.now_ns()) return wait_for_attempt(activity);
  if (is_foreign(activity.row.scheduled) || activity.row.awaited)
    return dispatch(activity);  // nobody has begun it
  const int64_t allowed = activity.policy.maximum_attempts;
  if (activity.row.started) {
    return failed(activity, timeout_failure("start_to_close", "activity StartToClose timeout"), true);
  }
  if (allowed > 0 && activity.row.attempt >= allowed)
    return dispatch(activity);  // not begun, or it would say so
  ++activity.row.attempt;
  activity.row.next_attempt_ns = core_.now_ns();
  save(activity, &Activities::dispatch);
}

void Activities::forget(int64_t scheduled_event_id) {
  std::erase_if(activities_, [&](const auto& activity) {
    if (activity->row.scheduled_event_id != scheduled_event_id) return false;
    disarm(*activity);
    return true;
  });
}

void Activities::forget(const std::set<int64_t>& scheduled_event_ids) {
  if (scheduled_event_ids.empty()) return;
  std::erase_if(activities_, [&](const auto& activity) {
    return scheduled_event_ids.contains(activity->row.scheduled_event_id);
  });
}

void Activities::stop() {
  for (const auto& activity : activities_) {
    activity->ended = true;
    disarm(*activity);
    if (activity->running) activity->running->cancel();
  }
  activities_.clear();
}

void Activities::abandon() { activities_.clear(); }

bool Activities::asleep() const {
  return !noting_ && std::all_of(activities_.begin(), activities_.end(), [](const auto& activity) {
    return (activity->waits && activity->row.awaited) || elsewhere(*activity);
  });
}

int64_t Activities::next_due_ns() const {
  int64_t next = 0;
  for (const auto& activity : activities_) {
    const int64_t due_ns = activity->waits ? activity->row.next_attempt_ns : activity->look_ns;
    if (due_ns != 0 && (next == 0 || due_ns < next)) next = due_ns;
  }
  return next;
}

void Activities::leave() {
  for (const auto& activity : activities_) disarm(*activity);
  activities_.clear();
}

void Activities::request_cancel(int64_t scheduled_event_id) {
  Activity* activity = find(scheduled_event_id, 0);
  if (activity == nullptr) return;
  activity->row.cancel_requested = true;
  if (activity->foreign && !activity->waits) {
    activity->row.awaited = false;  // it is worth a look
    activity->noted_ns = 0;
    return look_again(*activity);
  }
  if (!activity->running) return end(*activity, EventType::activity_canceled, {});
  activity->context->request_cancel();
  // A function that has to give signs of life hears of it with the next one, and can clean up.
  const bool hears =
      activity->context->beats() && integer_at(activity->row.scheduled, "heartbeat_timeout") > 0;
  if (!hears) activity->running->cancel();
}

// --- attempts ---------------------------------------------------------------------------------------

// Whether only workers of another task queue than the run's may carry it out.
bool Activities::is_foreign(const Object& scheduled) const {
  const std::string_view queue = text_at(scheduled, "task_queue.name");
  return !queue.empty() && queue != run_.row().task_queue && queue != core_.options().task_queue;
}

void Activities::dispatch(Activity& activity) {
  activity.waits = false;
  if (activity.row.cancel_requested) return end(activity, EventType::activity_canceled, {});
  if (activity.foreign) return offer(activity);
  if (activity.deadline_ns != 0) {
    if (core_.now_ns() >= activity.deadline_ns) return too_long(activity);
    arm(activity, activity.deadline_ns, &Activities::too_long);
  }
  if (const int64_t limit = integer_at(activity.row.scheduled, "schedule_to_start_timeout"); limit > 0) {
    const int64_t due_ns = std::max(activity.row.scheduled_ns, activity.row.next_attempt_ns) + limit;
    activity.start_limit = arm(activity, due_ns, &Activities::not_begun);
  }
  if (is_foreign(activity.row.scheduled)) return;
  const std::string id(type(activity));
  if (!core_.parts().functions.exists(id)) {
    if (activity.row.attempt == 1) tell_unknown_function(core_.log(), run_.row().workflow_id, id);
    return finished(activity, unknown_function(id, core_.parts().functions.ids()));
  }
  activity.slot = core_.slots().take(on_turn(activity, &Activities::with_slot));
  if (activity.slot->held()) with_slot(activity);
}

void Activities::with_slot(Activity& activity) {
  // The last permitted attempt may not be repeated after a crash, so that it begins is made durable first. So
  // it is where the store would tell that nobody has begun it.
  const bool last =
      activity.policy.maximum_attempts > 0 && activity.row.attempt >= activity.policy.maximum_attempts;
  if ((!last || activity.row.started) && !activity.row.awaited) return launch(activity);
  activity.row.started = last;
  save(activity, &Activities::launch);
}

void Activities::launch(Activity& activity) {
  if (activity.row.cancel_requested) return end(activity, EventType::activity_canceled, {});
  Result<Values> arguments = values_of(activity.row.scheduled.find("input"));
  if (!arguments) return failed(activity, failure_of(arguments.error()), false);
  activity.context = std::make_shared<AttemptContext>(
      attempt_info(activity.row, {run_.row().workflow_id, run_.run_id(), run_.row().type}, core_.now_ns()),
      core_.parts().clock, on_turn(activity, &Activities::note_beat));
  activity.running = core_.parts().functions.call(
      std::string(type(activity)), std::move(*arguments), frame_of(activity.row.scheduled.find("header")),
      activity.context,
      [this, run = sched::Ref<Run>(&run_), scheduled = activity.row.scheduled_event_id,
       attempt = activity.row.attempt, slot = activity.slot](lua::Reply reply) {
        // While the worker stops, its place is held until the outcome is in the history.
        if (!core_.slots().closed()) slot->give_back();
        run->post([this, scheduled, attempt, reply = std::move(reply)] {
          if (Activity* activity = find(scheduled, attempt)) finished(*activity, attempt_outcome(reply));
        });
      });
  if (activity.context->when_begun(on_turn(activity, &Activities::begun))) begun(activity);
}

void Activities::begun(Activity& activity) {
  if (std::exchange(activity.begun, true)) return;
  core_.cancel(activity.start_limit);
  if (const int64_t limit = integer_at(activity.row.scheduled, "start_to_close_timeout"); limit > 0) {
    arm(activity, core_.now_ns() + limit, &Activities::attempt_too_long);
  }
}

void Activities::finished(Activity& activity, const Object& outcome) {
  activity.running.reset();
  disarm(activity);
  if (const Value* result = outcome.find("result")) {
    return end(activity, EventType::activity_completed, Object{{"result", *result}});
  }
  if (activity.row.cancel_requested && outcome.find("canceled") != nullptr) {
    return end(activity, EventType::activity_canceled, {});
  }
  const Value* failure = outcome.find("failure");
  failed(activity, failure != nullptr && failure->is_object() ? failure->as_object() : Object(), false);
}

// Nobody waits for what runs any more.
void Activities::call_off(Activity& activity) {
  if (activity.running) activity.running->cancel();
  activity.running.reset();
  disarm(activity);
}

// --- failures and retries ---------------------------------------------------------------------------

void Activities::failed(Activity& activity, Object failure, bool timed_out) {
  disarm(activity);
  const int64_t next_ns = core_.now_ns() + activity.policy.interval(activity.row.attempt).count();
  std::string_view final;
  if (activity.row.cancel_requested) {
    final = "CancelRequested";
  } else if (!activity.policy.retries(failure)) {
    final = "NonRetryableFailure";
  } else if (activity.policy.maximum_attempts > 0 &&
             activity.row.attempt >= activity.policy.maximum_attempts) {
    final = "MaximumAttemptsReached";
  } else if (activity.deadline_ns != 0 && next_ns >= activity.deadline_ns) {
    final = "Timeout";
  }
  if (!final.empty()) {
    if (timed_out) failure = with_cause(std::move(failure), activity.row.last_failure);
    return end(activity, timed_out ? EventType::activity_timed_out : EventType::activity_failed,
               Object{{"failure", std::move(failure)}, {"retry_state", final}});
  }
  if (activity.context && activity.context->beats()) activity.row.heartbeat = activity.context->noted();
  activity.context.reset();
  activity.given.reset();
  activity.noted_ns = 0;
  ++activity.row.attempt;
  activity.row.started = false;
  activity.begun = false;
  activity.may_save_ns = 0;
  activity.row.next_attempt_ns = next_ns;
  activity.row.last_failure = json::encode(Value(std::move(failure))).value_or("");
  save(activity, &Activities::dispatch);
}

void Activities::end(Activity& activity, EventType how, Object attributes) {
  activity.ended = true;
  activity.waits = false;
  disarm(activity);
  if (!core_.slots().closed()) activity.slot.reset();
  activity.context.reset();
  Object started{{"scheduled_event_id", activity.row.scheduled_event_id}, {"attempt", activity.row.attempt}};
  attributes.set("scheduled_event_id", activity.row.scheduled_event_id);
  Waiting waiting;
  waiting.activity = activity.row.scheduled_event_id;
  waiting.withdraws = activity.foreign;
  if (activity.row.awaited) waiting.timer = retry_timer(activity.row.scheduled_event_id);
  waiting.events.push_back({0, EventType::activity_started, core_.now_ns(), std::move(started), false, {}});
  waiting.events.push_back({0, how, core_.now_ns(), std::move(attributes), false, {}});
  run_.add_waiting(std::move(waiting));
}

}  // namespace trivium::units::workflows
