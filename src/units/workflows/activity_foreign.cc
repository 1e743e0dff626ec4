// Activities for other task queues: their attempts are left to whoever serves those. The run stays in charge
// of them: limits, retries, cancellation, and the record.
#include <algorithm>
#include <utility>

#include "core/json.h"
#include "units/workflows/activities.h"
#include "units/workflows/core.h"
#include "units/workflows/failure.h"
#include "units/workflows/run.h"

namespace trivium::units::workflows {
namespace {

constexpr int64_t second_ns = 1000000000;
// Whatever happens to an attempt is told; it is looked at as often as this though no limit may be over.
constexpr int64_t day_ns = 24 * 3600 * second_ns;

const AttemptRow* find_attempt(const std::vector<AttemptRow>& attempts, const ActivityRow& activity) {
  const auto at = std::find_if(attempts.begin(), attempts.end(), [&](const AttemptRow& row) {
    return row.scheduled_event_id == activity.scheduled_event_id && row.attempt == activity.attempt;
  });
  return at == attempts.end() ? nullptr : &*at;
}

}  // namespace

void Activities::offer(Activity& activity) {
  if (activity.deadline_ns != 0 && core_.now_ns() >= activity.deadline_ns) return too_long(activity);
  core_.transact([run_id = run_.run_id(), fence = run_.row().fence, row = activity.row](
                     Tables& tables, ScriptContext&) { return offer_attempt(tables, run_id, fence, row); },
                 [this, run = sched::Ref<Run>(&run_), scheduled = activity.row.scheduled_event_id,
                  attempt = activity.row.attempt](const Result<>& offered) {
                   const bool refused = !offered && offered.error().kind == kind::conflict;
                   run->post([this, scheduled, attempt, refused, durable = offered.has_value()] {
                     Activity* activity = find(scheduled, attempt);
                     if (activity == nullptr) return;
                     if (refused) return run_.lost();
                     if (!durable) {
                       arm(*activity, core_.now_ns() + second_ns, &Activities::dispatch);
                       return;
                     }
                     if (activity->given) return;  // heard of meanwhile
                     activity->row.awaited = false;
                     activity->given.emplace();
                     follow(*activity);
                   });
                 },
                 {run_.run_id()});
}

// After somebody else had the run.
void Activities::adopt(Activity& activity, const std::vector<AttemptRow>& attempts) {
  if (const AttemptRow* given = find_attempt(attempts, activity.row)) {
    activity.given = *given;
    return follow(activity);
  }
  if (activity.row.cancel_requested) return end(activity, EventType::activity_canceled, {});
  if (activity.row.next_attempt_ns > core_.now_ns()) return wait_for_attempt(activity);
  dispatch(activity);
}

void Activities::heard(const std::vector<AttemptRow>& attempts) {
  for (const auto& activity : activities_) {
    if (!activity->foreign || activity->ended || activity->waits) continue;
    if (const AttemptRow* given = find_attempt(attempts, activity->row)) {
      activity->given = *given;
      follow(*activity);
    } else if (activity->row.cancel_requested) {
      end(*activity, EventType::activity_canceled, {});
    }
  }
}

// Acts upon what was seen of it just now. Nobody tells that it has begun or gives signs of life: once a limit
// may be over, it is looked at again.
void Activities::follow(Activity& activity) {
  const AttemptRow& given = *activity.given;
  disarm(activity);
  if (given.beat_ns != 0) activity.row.heartbeat = given.heartbeat;
  if (!given.outcome.empty()) {
    const Value outcome = json::decode(given.outcome).value_or(Object());
    return finished(activity, outcome.is_object() ? outcome.as_object() : Object());
  }
  if (activity.row.cancel_requested && !given.called) {
    return end(activity, EventType::activity_canceled, {});
  }
  const int64_t now = core_.now_ns();
  int64_t next = now + day_ns;
  const auto over = [&](int64_t since_ns, int64_t limit_ns) {
    if (limit_ns <= 0) return false;
    next = std::min(next, since_ns + limit_ns);
    return now >= since_ns + limit_ns;
  };
  const auto limit = [&](std::string_view name) { return integer_at(activity.row.scheduled, name); };
  if (over(activity.row.scheduled_ns, limit("schedule_to_close_timeout"))) return too_long(activity);
  if (given.begun_ns == 0 && over(std::max(activity.row.scheduled_ns, activity.row.next_attempt_ns),
                                  limit("schedule_to_start_timeout"))) {
    return not_begun(activity);
  }
  // Its taker may have died, as we may have: nobody can know how far it got.
  if ((given.called && given.taker_gone) ||
      over(given.begun_ns != 0 ? given.begun_ns : now, limit("start_to_close_timeout"))) {
    return attempt_too_long(activity);
  }
  if (over(given.beat_ns != 0 ? given.beat_ns : now, limit("heartbeat_timeout"))) {
    return failed(activity, timeout_failure("heartbeat", "activity Heartbeat timeout"), true);
  }
  arm(activity, next, &Activities::look_again);
  activity.look_ns = next;
}

void Activities::look_again(Activity& activity) {
  auto found = std::make_shared<std::vector<AttemptRow>>();
  core_.transact(
      [found, run_id = run_.run_id()](Tables& tables, ScriptContext&) -> Result<> {
        *found = tables.shared()->attempts({run_id});
        return {};
      },
      [this, found, run = sched::Ref<Run>(&run_), scheduled = activity.row.scheduled_event_id,
       attempt = activity.row.attempt](const Result<>& outcome) {
        run->post([this, found, scheduled, attempt, read = outcome.has_value()] {
          if (read) return heard(*found);
          if (Activity* activity = find(scheduled, attempt)) {
            arm(*activity, core_.now_ns() + second_ns, &Activities::look_again);
          }
        });
      });
}

// --- while the run is not in memory ---------------------------------------------------------------------

// Whether there is nothing to do for it until somebody tells something, or it is looked at again. A cancelled
// one that nobody has called is the run's to end.
bool Activities::elsewhere(const Activity& activity) {
  return activity.look_ns != 0 && (!activity.row.cancel_requested || activity.given->called);
}

bool Activities::noted() const {
  return std::all_of(activities_.begin(), activities_.end(), [](const auto& activity) {
    return activity->look_ns == 0 || activity->look_ns == activity->noted_ns;
  });
}

void Activities::note() {
  std::vector<TimerRow> times;
  for (const auto& activity : activities_) {
    if (activity->look_ns == 0 || activity->look_ns == activity->noted_ns) continue;
    times.push_back({retry_timer(activity->row.scheduled_event_id), "", activity->look_ns});
    activity->row.awaited = true;  // as far as is known
  }
  noting_ = true;
  core_.transact([run_id = run_.run_id(), fence = run_.row().fence, times](
                     Tables& tables, ScriptContext&) { return await_attempts(tables, run_id, fence, times); },
                 [this, run = sched::Ref<Run>(&run_), times](const Result<>& noted) {
                   const bool refused = !noted && noted.error().kind == kind::conflict;
                   run->post([this, times, refused, durable = noted.has_value()] {
                     noting_ = false;
                     if (refused) return run_.lost();
                     for (const TimerRow& time : times) {
                       Activity* activity = find(-time.started_event_id, 0);
                       if (activity == nullptr || activity->look_ns != time.due_ns) continue;
                       if (durable) {
                         activity->noted_ns = time.due_ns;
                       } else {  // the run stays until the store can be reached
                         activity->look_ns = 0;
                         arm(*activity, core_.now_ns() + second_ns, &Activities::look_again);
                       }
                     }
                   });
                 },
                 {run_.run_id()});
}

}  // namespace trivium::units::workflows
