// Activities that run before the task that asks for them is committed.
#include <algorithm>
#include <utility>

#include "units/workflows/activities.h"
#include "units/workflows/core.h"
#include "units/workflows/run.h"

namespace trivium::units::workflows {

bool Activities::may_be_local(const Object& scheduled) const {
  // A crash would repeat it, and nobody would know that it had begun.
  if (RetryPolicy::of(scheduled.find("retry_policy")).maximum_attempts == 1) return false;
  return !is_foreign(scheduled);
}

void Activities::add_local(ActivityRow row) {
  Activity& activity = insert(std::move(row));
  activity.durable = false;
  dispatch(activity);
}

bool Activities::worth_waiting() const {
  bool runs = false;
  for (const auto& activity : activities_) {
    if (activity->durable || activity->ended) continue;
    if (activity->postponed != nullptr) return false;
    runs = true;
  }
  return runs;
}

bool Activities::postpone(Activity& activity, void (Activities::*then)(Activity&)) {
  if (activity.durable) return false;
  activity.postponed = then;
  return true;
}

bool Activities::made_durable(int64_t scheduled_event_id) {
  for (const auto& activity : activities_) {
    if (activity->row.scheduled_event_id != scheduled_event_id) continue;
    activity->durable = true;
    if (const auto then = std::exchange(activity->postponed, nullptr)) save(*activity, then);
    return true;
  }
  return false;
}

void Activities::drop_local() {
  std::erase_if(activities_, [this](const auto& activity) {
    if (activity->durable) return false;
    if (activity->running) activity->running->cancel();
    disarm(*activity);
    return true;
  });
}

}  // namespace trivium::units::workflows
