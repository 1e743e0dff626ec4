// Attempts of activities: those of the run's own runtime, and those that it leaves to others.
#include "units/workflows/store/scripts.h"

namespace trivium::units::workflows {
namespace {

Result<> check_owner(Tables& tables, const std::string& run_id, int64_t fence) {
  const std::optional<RunRow> run = tables.run(run_id);
  if (!run || run->status != RunStatus::running || run->fence != fence) {
    return fail(kind::conflict, "the run was changed meanwhile");
  }
  return {};
}

}  // namespace

Result<> save_activity(Tables& tables, const std::string& run_id, int64_t fence,
                       const ActivityRow& activity) {
  if (Result<> ours = check_owner(tables, run_id, fence); !ours) return ours;
  tables.update_activity(run_id, activity);
  return {};
}

Result<> save_attempt(Tables& tables, const std::string& run_id, int64_t fence, const ActivityRow& activity,
                      bool was_awaited) {
  if (Result<> saved = save_activity(tables, run_id, fence, activity); !saved) return saved;
  const int64_t timer = retry_timer(activity.scheduled_event_id);
  if (activity.awaited) {
    tables.insert_timer(run_id, {timer, "", activity.next_attempt_ns});
  } else if (was_awaited) {
    tables.delete_timer(run_id, timer);
  }
  return {};
}

Result<> save_next_attempt(Tables& tables, const std::string& run_id, int64_t fence,
                           const ActivityRow& activity, bool was_awaited) {
  if (Result<> saved = save_attempt(tables, run_id, fence, activity, was_awaited); !saved) return saved;
  tables.shared()->delete_attempts(run_id, activity.scheduled_event_id, activity.attempt - 1);
  return {};
}

Result<> offer_attempt(Tables& tables, const std::string& run_id, int64_t fence,
                       const ActivityRow& activity) {
  if (Result<> ours = check_owner(tables, run_id, fence); !ours) return ours;
  if (activity.awaited) tables.delete_timer(run_id, retry_timer(activity.scheduled_event_id));
  AttemptRow attempt;
  attempt.run_id = run_id;
  attempt.scheduled_event_id = activity.scheduled_event_id;
  attempt.attempt = activity.attempt;
  attempt.task_queue = text_at(activity.scheduled, "task_queue.name");
  tables.shared()->insert_attempt(attempt);
  return {};
}

Result<> await_attempts(Tables& tables, const std::string& run_id, int64_t fence,
                        const std::vector<TimerRow>& times) {
  if (Result<> ours = check_owner(tables, run_id, fence); !ours) return ours;
  for (const TimerRow& time : times) tables.insert_timer(run_id, time);
  return {};
}

Result<> finish_attempt(Tables& tables, const AttemptRow& attempt, const ScriptContext& context) {
  // Locked before the attempt, as by its owner; and nobody takes it over before its new owner can see the
  // end.
  const std::optional<RunRow> run = tables.run(attempt.run_id);
  if (!run || run->status != RunStatus::running || !tables.shared()->tell_attempt(attempt)) return {};
  if (run->owner != context.owner) tables.wake(*run);
  return {};
}

}  // namespace trivium::units::workflows
