#include "units/workflows/activities.h"

#include <algorithm>

#include "core/json.h"
#include "units/workflows/core.h"
#include "units/workflows/failure.h"
#include "units/workflows/header.h"
#include "units/workflows/payload.h"
#include "units/workflows/run.h"

namespace trivium::units::workflows {
namespace {

constexpr int64_t second_ns = 1000000000;

Value decoded(const std::string& json) {
  return json.empty() ? Value() : json::decode(json).value_or(Value());
}

Object with_cause(Object failure, const std::string& last) {
  if (Value cause = decoded(last); cause.is_object()) failure.set("cause", std::move(cause));
  return failure;
}

}  // namespace

std::string_view Activities::type(const Activity& activity) const {
  return text_at(activity.row.scheduled, "activity_type.name");
}

Activities::Activity& Activities::insert(ActivityRow row) {
  Activity& activity = *activities_.emplace_back(std::make_unique<Activity>());
  activity.row = std::move(row);
  activity.policy = RetryPolicy::of(activity.row.scheduled.find("retry_policy"));
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

void Activities::recover(ActivityRow row) {
  Activity& activity = insert(std::move(row));
  if (activity.row.cancel_requested) return end(activity, EventType::activity_canceled, {});
  if (activity.row.next_attempt_ns > core_.now_ns()) {
    return arm(activity, activity.row.next_attempt_ns, &Activities::attempt_due);
  }
  const int64_t allowed = activity.policy.maximum_attempts;
  if (activity.row.started) {
    return failed(activity, timeout_failure("start_to_close", "activity StartToClose timeout"), true);
  }
  if (allowed > 0 && activity.row.attempt >= allowed)
    return dispatch(activity);  // not begun, or it would say so
  ++activity.row.attempt;
  save(activity, &Activities::dispatch);
}

void Activities::forget(int64_t scheduled_event_id) {
  std::erase_if(activities_, [&](const auto& activity) {
    if (activity->row.scheduled_event_id != scheduled_event_id) return false;
    disarm(*activity);
    return true;
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

void Activities::request_cancel(int64_t scheduled_event_id) {
  Activity* activity = find(scheduled_event_id, 0);
  if (activity == nullptr) return;
  activity->row.cancel_requested = true;
  if (activity->running) {
    activity->running->cancel();
  } else {
    end(*activity, EventType::activity_canceled, {});
  }
}

// --- attempts ---------------------------------------------------------------------------------------

void Activities::dispatch(Activity& activity) {
  if (activity.deadline_ns != 0 && core_.now_ns() >= activity.deadline_ns) return too_long(activity);
  // The last permitted attempt may not be repeated after a crash, so that it begins is made durable first.
  const bool last =
      activity.policy.maximum_attempts > 0 && activity.row.attempt >= activity.policy.maximum_attempts;
  if (!last || activity.row.started) return launch(activity);
  activity.row.started = true;
  save(activity, &Activities::launch);
}

void Activities::launch(Activity& activity) {
  ActivityFunctions& functions = core_.parts().functions;
  const std::string id(type(activity));
  if (activity.row.cancel_requested) return end(activity, EventType::activity_canceled, {});
  if (!functions.exists(id)) {
    std::string known;
    for (const std::string& name : functions.ids()) known += (known.empty() ? "" : ", ") + name;
    return failed(activity,
                  application_failure(
                      "ActivityNotRegisteredError",
                      "unable to find activityType=" + id + ". Supported types: [" + known + "]", false),
                  false);
  }
  Result<Values> arguments = values_of(activity.row.scheduled.find("input"));
  if (!arguments) return failed(activity, failure_of(arguments.error()), false);
  if (const int64_t limit = integer_at(activity.row.scheduled, "start_to_close_timeout"); limit > 0) {
    arm(activity, core_.now_ns() + limit, &Activities::attempt_too_long);
  }
  if (activity.deadline_ns != 0) arm(activity, activity.deadline_ns, &Activities::too_long);
  activity.running =
      functions.call(id, std::move(*arguments), frame_of(activity.row.scheduled.find("header")),
                     [this, run = sched::Ref<Run>(&run_), scheduled = activity.row.scheduled_event_id,
                      attempt = activity.row.attempt](lua::Reply reply) {
                       run->post([this, scheduled, attempt, reply = std::move(reply)]() mutable {
                         if (Activity* activity = find(scheduled, attempt))
                           finished(*activity, std::move(reply));
                       });
                     });
}

void Activities::finished(Activity& activity, lua::Reply reply) {
  activity.running.reset();
  disarm(activity);
  if (reply.error) {
    if (activity.row.cancel_requested && reply.error->kind == kind::canceled) {
      return end(activity, EventType::activity_canceled, {});
    }
    return failed(activity, failure_of(*reply.error), false);
  }
  Result<Value> result = result_payload(reply.values);
  if (!result) return failed(activity, failure_of(result.error()), false);
  end(activity, EventType::activity_completed, Object{{"result", Array{std::move(*result)}}});
}

// --- failures and retries ---------------------------------------------------------------------------

void Activities::attempt_too_long(Activity& activity) {
  if (activity.running) activity.running->cancel();
  activity.running.reset();
  disarm(activity);
  failed(activity, timeout_failure("start_to_close", "activity StartToClose timeout"), true);
}

void Activities::too_long(Activity& activity) {
  if (activity.running) activity.running->cancel();
  activity.running.reset();
  disarm(activity);
  end(activity, EventType::activity_timed_out,
      Object{{"failure", with_cause(timeout_failure("schedule_to_close", "activity ScheduleToClose timeout"),
                                    activity.row.last_failure)},
             {"retry_state", "Timeout"}});
}

void Activities::failed(Activity& activity, Object failure, bool timed_out) {
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
  ++activity.row.attempt;
  activity.row.started = false;
  activity.row.next_attempt_ns = next_ns;
  activity.row.last_failure = json::encode(Value(std::move(failure))).value_or("");
  save(activity, &Activities::dispatch);
}

void Activities::end(Activity& activity, EventType how, Object attributes) {
  activity.ended = true;
  disarm(activity);
  Object started{{"scheduled_event_id", activity.row.scheduled_event_id}, {"attempt", activity.row.attempt}};
  attributes.set("scheduled_event_id", activity.row.scheduled_event_id);
  Waiting waiting;
  waiting.activity = activity.row.scheduled_event_id;
  waiting.events.push_back({0, EventType::activity_started, core_.now_ns(), std::move(started), false, {}});
  waiting.events.push_back({0, how, core_.now_ns(), std::move(attributes), false, {}});
  run_.add_waiting(std::move(waiting));
}

// --- time and durability ----------------------------------------------------------------------------

void Activities::arm(Activity& activity, int64_t due_ns, void (Activities::*what)(Activity&)) {
  activity.armed.push_back(
      core_.at(due_ns, [this, run = sched::Ref<Run>(&run_), scheduled = activity.row.scheduled_event_id,
                        attempt = activity.row.attempt, what] {
        run->post([this, scheduled, attempt, what] {
          if (Activity* activity = find(scheduled, attempt)) (this->*what)(*activity);
        });
      }));
}

void Activities::disarm(Activity& activity) {
  for (const sched::TimerId id : activity.armed) core_.cancel(id);
  activity.armed.clear();
}

void Activities::save(Activity& activity, void (Activities::*then)(Activity&)) {
  core_.transact(
      [run_id = run_.run_id(), fence = run_.row().fence, row = activity.row](Tables& tables, ScriptContext&) {
        return save_activity(tables, run_id, fence, row);
      },
      [this, run = sched::Ref<Run>(&run_), scheduled = activity.row.scheduled_event_id,
       attempt = activity.row.attempt, then](const Result<>& saved) {
        const bool refused = !saved && saved.error().kind == kind::conflict;
        run->post([this, scheduled, attempt, then, refused, durable = saved.has_value()] {
          Activity* activity = find(scheduled, attempt);
          if (activity == nullptr) return;
          if (refused) return run_.lost();
          if (!durable) {
            // The disk is full or away: again in a while, the attempt does not begin before.
            return arm(*activity, core_.now_ns() + second_ns,
                       then == &Activities::launch ? &Activities::save_launch : &Activities::save_dispatch);
          }
          if (activity->row.next_attempt_ns > core_.now_ns()) {
            return arm(*activity, activity->row.next_attempt_ns, &Activities::attempt_due);
          }
          (this->*then)(*activity);
        });
      },
      run_.run_id());
}

}  // namespace trivium::units::workflows
