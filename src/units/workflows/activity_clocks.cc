// The time limits of activities and what makes their state durable.
#include <algorithm>
#include <utility>

#include "units/workflows/activities.h"
#include "units/workflows/core.h"
#include "units/workflows/failure.h"
#include "units/workflows/run.h"

namespace trivium::units::workflows {
namespace {

constexpr int64_t second_ns = 1000000000;

}  // namespace

// --- limits -----------------------------------------------------------------------------------------

void Activities::not_begun(Activity& activity) {
  if (activity.begun) return;
  call_off(activity);
  end(activity, EventType::activity_timed_out,
      Object{{"failure", with_cause(timeout_failure("schedule_to_start", "activity ScheduleToStart timeout"),
                                    activity.row.last_failure)},
             {"retry_state", "NonRetryableFailure"}});
}

void Activities::attempt_too_long(Activity& activity) {
  call_off(activity);
  failed(activity, timeout_failure("start_to_close", "activity StartToClose timeout"), true);
}

void Activities::too_long(Activity& activity) {
  call_off(activity);
  end(activity, EventType::activity_timed_out,
      Object{{"failure", with_cause(timeout_failure("schedule_to_close", "activity ScheduleToClose timeout"),
                                    activity.row.last_failure)},
             {"retry_state", "Timeout"}});
}

// --- signs of life ----------------------------------------------------------------------------------

// How often details are written at most.
Duration Activities::beat_interval(const Activity& activity) const {
  const ServiceOptions& options = core_.options();
  const Duration limit(integer_at(activity.row.scheduled, "heartbeat_timeout"));
  if (limit.count() <= 0) return options.heartbeat_interval;
  return std::min<Duration>(limit * 4 / 5, options.longest_heartbeat_interval);
}

// The function gave signs of life that nobody has looked at.
void Activities::note_beat(Activity& activity) {
  if (!activity.context) return;
  const int64_t now = core_.parts().clock.monotonic_ns();
  if (activity.may_save_ns == 0) silent(activity);  // from the first one on there have to be more
  if (now < activity.may_save_ns) {
    arm(activity, core_.now_ns() + (activity.may_save_ns - now), &Activities::note_beat);
    return;
  }
  activity.may_save_ns = now + beat_interval(activity).count();
  std::string details = activity.context->noted();
  if (details == activity.row.heartbeat) return;
  activity.row.heartbeat = std::move(details);
  if (!activity.durable) return;
  core_.transact([run_id = run_.run_id(), fence = run_.row().fence, row = activity.row](
                     Tables& tables, ScriptContext&) { return save_activity(tables, run_id, fence, row); },
                 [](const Result<>&) {},  // the next one, or the end of the attempt, is told what is wrong
                 {run_.run_id()});
}

// Looks whether the last sign of life is too long ago, and again when it would be.
void Activities::silent(Activity& activity) {
  const int64_t limit = integer_at(activity.row.scheduled, "heartbeat_timeout");
  if (limit <= 0 || !activity.context) return;
  const int64_t left = activity.context->last_beat_ns() + limit - core_.parts().clock.monotonic_ns();
  if (left > 0) {
    arm(activity, core_.now_ns() + left, &Activities::silent);
    return;
  }
  call_off(activity);
  failed(activity, timeout_failure("heartbeat", "activity Heartbeat timeout"), true);
}

// --- time and durability ----------------------------------------------------------------------------

std::function<void()> Activities::on_turn(const Activity& activity, void (Activities::*what)(Activity&)) {
  return [this, run = sched::Ref<Run>(&run_), scheduled = activity.row.scheduled_event_id,
          attempt = activity.row.attempt, what] {
    run->post([this, scheduled, attempt, what] {
      if (Activity* activity = find(scheduled, attempt)) (this->*what)(*activity);
    });
  };
}

sched::TimerId Activities::arm(Activity& activity, int64_t due_ns, void (Activities::*what)(Activity&)) {
  return activity.armed.emplace_back(core_.at(due_ns, on_turn(activity, what)));
}

void Activities::disarm(Activity& activity) {
  for (const sched::TimerId id : activity.armed) core_.cancel(id);
  activity.armed.clear();
  activity.look_ns = 0;
}

void Activities::wait_for_attempt(Activity& activity) {
  activity.waits = true;
  arm(activity, activity.row.next_attempt_ns, &Activities::attempt_due);
}

void Activities::save(Activity& activity, void (Activities::*then)(Activity&)) {
  if (postpone(activity, then)) return;
  ActivityRow saved = activity.row;
  // Not worth a place among the due times, if the run stays in memory until then anyway.
  const int64_t awake_until_ns = core_.now_ns() + core_.options().stays_awake.count();
  const bool awaited = then == &Activities::dispatch && saved.next_attempt_ns > awake_until_ns;
  const bool was_awaited = std::exchange(saved.awaited, awaited);
  activity.row.awaited = awaited || was_awaited;  // as far as is known
  core_.transact(
      [run_id = run_.run_id(), fence = run_.row().fence, saved = std::move(saved), was_awaited,
       save = activity.foreign ? save_next_attempt : save_attempt](Tables& tables, ScriptContext&) {
        return save(tables, run_id, fence, saved, was_awaited);
      },
      [this, run = sched::Ref<Run>(&run_), scheduled = activity.row.scheduled_event_id,
       attempt = activity.row.attempt, then, awaited](const Result<>& saved) {
        const bool refused = !saved && saved.error().kind == kind::conflict;
        run->post([this, scheduled, attempt, then, awaited, refused, durable = saved.has_value()] {
          Activity* activity = find(scheduled, attempt);
          if (activity == nullptr) return;
          if (refused) return run_.lost();
          if (!durable) {
            // The disk is full or away: again in a while, the attempt does not begin before.
            arm(*activity, core_.now_ns() + second_ns,
                then == &Activities::launch ? &Activities::save_launch : &Activities::save_dispatch);
            return;
          }
          activity->row.awaited = awaited;
          if (then == &Activities::dispatch) activity->slot.reset();
          if (activity->row.next_attempt_ns > core_.now_ns()) return wait_for_attempt(*activity);
          (this->*then)(*activity);
        });
      },
      {run_.run_id()});
}

}  // namespace trivium::units::workflows
