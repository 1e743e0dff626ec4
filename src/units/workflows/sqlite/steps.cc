// What an ordinary task of a workflow writes: one batch of history, on one page. The rows of its run and of
// its activities stay as they are, and the batch says how they are to be read.
#include <algorithm>

#include "units/workflows/sqlite/places.h"
#include "units/workflows/sqlite/sqlite_tables.h"
#include "units/workflows/store/columns.h"

namespace trivium::units::workflows {

// --- activities -----------------------------------------------------------------------------------------

std::vector<ActivityRow> SqliteTables::activities(std::string_view run_id) {
  Use use(prepared(
      "SELECT scheduled_event_id, scheduled_ns, attempt, started, next_attempt_ns, cancel_requested, "
      "scheduled, last_failure, heartbeat, EXISTS (SELECT 1 FROM timers t WHERE t.run_id = a.run_id AND "
      "t.started_event_id = -a.scheduled_event_id) FROM activities a WHERE run_id = ?"));
  use.bind(run_id);
  std::vector<ActivityRow> found;
  while (next(use)) {
    ActivityRow activity;
    activity.scheduled_event_id = use.number();
    activity.scheduled_ns = use.number();
    activity.attempt = use.number();
    activity.started = use.number() != 0;
    activity.next_attempt_ns = use.number();
    activity.cancel_requested = use.number() != 0;
    activity.scheduled = object_of(use.text());
    activity.last_failure = use.text();
    activity.heartbeat = use.text();
    activity.awaited = use.number() != 0;
    found.push_back(std::move(activity));
  }
  if (found.empty()) return found;
  const StandIns stand_ins = last_batch(run_id).stand_ins;
  for (const StandIn& stand_in : stand_ins.all()) {
    const auto row = std::find_if(found.begin(), found.end(), [&](const ActivityRow& activity) {
      return activity.scheduled_event_id == stand_in.row;
    });
    if (row != found.end()) *row = as_scheduled(run_id, stand_in.activity);
  }
  std::sort(found.begin(), found.end(), [](const ActivityRow& one, const ActivityRow& other) {
    return one.scheduled_event_id < other.scheduled_event_id;
  });
  return found;
}

void SqliteTables::insert_activity(std::string_view run_id, const ActivityRow& activity) {
  const std::string scheduled = json_text_of(activity.scheduled);
  Use use(
      prepared("INSERT INTO activities (run_id, scheduled_event_id, scheduled_ns, attempt, started, "
               "next_attempt_ns, cancel_requested, scheduled, last_failure, heartbeat) "
               "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  use.bind(run_id).bind(activity.scheduled_event_id).bind(activity.scheduled_ns).bind(activity.attempt);
  use.bind(int64_t{activity.started}).bind(activity.next_attempt_ns).bind(int64_t{activity.cancel_requested});
  finish(use.bind(scheduled).bind(activity.last_failure).bind(activity.heartbeat));
}

void SqliteTables::update_activity(std::string_view run_id, const ActivityRow& activity) {
  give_row(run_id, activity.scheduled_event_id);
  Use use(
      prepared("UPDATE activities SET attempt = ?, started = ?, next_attempt_ns = ?, "
               "cancel_requested = max(cancel_requested, ?), last_failure = ?, heartbeat = ? WHERE run_id = "
               "? AND scheduled_event_id = ?"));
  use.bind(activity.attempt).bind(int64_t{activity.started}).bind(activity.next_attempt_ns);
  use.bind(int64_t{activity.cancel_requested}).bind(activity.last_failure);
  use.bind(activity.heartbeat).bind(run_id);
  finish(use.bind(activity.scheduled_event_id));
}

void SqliteTables::delete_activity(std::string_view run_id, int64_t scheduled_event_id) {
  const int64_t row = leave_row(run_id, scheduled_event_id);
  delete_activity_row(run_id, row != 0 ? row : scheduled_event_id);
}

void SqliteTables::delete_activity_row(std::string_view run_id, int64_t key) {
  Use use(prepared("DELETE FROM activities WHERE run_id = ? AND scheduled_event_id = ?"));
  finish(use.bind(run_id).bind(key));
}

// --- activities without a row ---------------------------------------------------------------------------

SqliteTables::LastBatch SqliteTables::last_batch(std::string_view run_id) {
  Use use(prepared("SELECT place, stand_ins FROM history WHERE place BETWEEN " FIRST_PLACE " AND " LAST_PLACE
                   " ORDER BY place DESC LIMIT 1"));
  use.bind(run_id);
  LastBatch batch;
  if (next(use)) {
    batch.place = use.number();
    batch.stand_ins = StandIns::of(use.text());
  }
  return batch;
}

ActivityRow SqliteTables::as_scheduled(std::string_view run_id, int64_t scheduled_event_id) {
  std::vector<Event> events;
  for (const std::string& batch : history(run_id, scheduled_event_id, 1)) (void)decode_events(batch, events);
  const auto event = std::find_if(events.begin(), events.end(),
                                  [&](const Event& other) { return other.id == scheduled_event_id; });
  ActivityRow activity;
  activity.scheduled_event_id = scheduled_event_id;
  if (event == events.end()) {
    if (!error_) error_ = Error::of(kind::internal, "the history of a run lacks an event of an activity");
    return activity;
  }
  activity.scheduled_ns = event->time_ns;
  activity.scheduled = std::move(event->attributes);
  return activity;
}

int64_t SqliteTables::leave_row(std::string_view run_id, int64_t scheduled_event_id) {
  LastBatch batch = last_batch(run_id);
  const int64_t row = batch.stand_ins.row_of(scheduled_event_id);
  if (row == 0) return 0;
  batch.stand_ins.remove(scheduled_event_id);
  const std::string left = batch.stand_ins.text();
  Use use(prepared("UPDATE history SET stand_ins = ? WHERE place = ?"));
  finish(use.bind(left).bind(batch.place));
  return row;
}

void SqliteTables::give_row(std::string_view run_id, int64_t scheduled_event_id) {
  const int64_t row = leave_row(run_id, scheduled_event_id);
  if (row == 0) return;
  delete_activity_row(run_id, row);
  insert_activity(run_id, as_scheduled(run_id, scheduled_event_id));
}

bool SqliteTables::has_activity_row(std::string_view run_id, int64_t key) {
  Use use(prepared("SELECT 1 FROM activities WHERE run_id = ? AND scheduled_event_id = ?"));
  use.bind(run_id).bind(key);
  return next(use);
}

// --- ordinary tasks -------------------------------------------------------------------------------------

std::optional<size_t> SqliteTables::advance_run(const RunAdvance& advance) {
  int64_t number = 0;
  int64_t bytes = 0;
  StandIns stand_ins;
  {
    Use use(prepared("SELECT number, " NEXT_EVENT_ID_NOW ", " HISTORY_BYTES_NOW
                     ", h.stand_ins FROM runs " LAST_BATCH
                     " WHERE run_id = ? AND status = 0 AND fence = ? AND code_hash = ? AND parked = '' AND "
                     "last_task_started <> 0 AND (? = 0 OR (refused_hash = '' AND stays_reason = ''))"));
    use.bind(advance.run_id).bind(advance.fence).bind(advance.code_hash).bind(int64_t{advance.newest});
    if (!next(use)) return std::nullopt;
    number = use.number();
    if (use.number() != advance.first_event_id) return std::nullopt;
    bytes = use.number() + static_cast<int64_t>(advance.events.size());
    stand_ins = StandIns::of(use.text());
  }
  size_t settled = 0;
  for (; settled < std::min(advance.closed.size(), advance.opened.size()); ++settled) {
    const int64_t closed = advance.closed[settled];
    int64_t row = stand_ins.row_of(closed);
    if (row == 0) {
      if (stand_ins.full() || !has_activity_row(advance.run_id, closed)) break;
      row = closed;
    }
    stand_ins.remove(closed);
    stand_ins.add({row, advance.opened[settled]});
  }
  const std::string noted = stand_ins.text();
  Use use(
      prepared("INSERT INTO history (place, count, events, task_started, run_bytes, stand_ins) "
               "VALUES (?, ?, ?, ?, ?, ?)"));
  use.bind(number << 32 | advance.first_event_id).bind(advance.next_event_id - advance.first_event_id);
  finish(use.bind(advance.events).bind(advance.task_started).bind(bytes).bind(noted));
  return settled;
}

}  // namespace trivium::units::workflows
