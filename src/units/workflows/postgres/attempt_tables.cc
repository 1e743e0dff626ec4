// Attempts of activities that runs leave to other task queues.
#include "units/workflows/postgres/postgres_tables.h"

namespace trivium::units::workflows {
namespace {

#define ATTEMPT_COLUMNS                                                                             \
  "a.run_id, a.scheduled_event_id, a.attempt, a.task_queue, a.taker, a.fence, a.cancel_requested, " \
  "a.called, "                                                                                      \
  "a.begun_ns, a.beat_ns, a.heartbeat, a.outcome"

AttemptRow attempt_of(const Rows& rows, int row, int& column) {
  const auto text = [&] { return rows.text(row, column++); };
  const auto number = [&] { return rows.number(row, column++); };
  AttemptRow attempt;
  attempt.run_id = text();
  attempt.scheduled_event_id = number();
  attempt.attempt = number();
  attempt.task_queue = text();
  attempt.taker = text();
  attempt.fence = number();
  attempt.cancel_requested = number() != 0;
  attempt.called = number() != 0;
  attempt.begun_ns = number();
  attempt.beat_ns = number();
  attempt.heartbeat = text();
  attempt.outcome = text();
  return attempt;
}

}  // namespace

void PostgresTables::insert_attempt(const AttemptRow& attempt) {
  write(Write::insert_attempt,
        {attempt.run_id, attempt.scheduled_event_id, attempt.attempt, attempt.task_queue});
  write(Write::notify, {channel_, "attempt " + attempt.task_queue});
}

std::vector<AttemptRow> PostgresTables::attempts(const std::vector<std::string>& run_ids) {
  std::vector<AttemptRow> found;
  const auto rows = read("SELECT " ATTEMPT_COLUMNS
                         ", coalesce(o.name, ''), o.id IS NULL AND a.taker <> '' FROM attempts a LEFT JOIN "
                         "runtimes o ON o.id = a.taker WHERE a.run_id = ANY($1::text[]) ORDER BY a.run_id, "
                         "a.scheduled_event_id, a.attempt",
                         {Parameter::texts(run_ids)});
  for (int row = 0; rows && row < rows->count(); ++row) {
    int column = 0;
    AttemptRow attempt = attempt_of(*rows, row, column);
    attempt.taker_name = rows->text(row, column++);
    attempt.taker_gone = rows->flag(row, column);
    found.push_back(std::move(attempt));
  }
  return found;
}

std::vector<ClaimedAttempt> PostgresTables::claim_attempts(const RuntimeRow& runtime, int64_t limit) {
  std::vector<ClaimedAttempt> found;
  const auto rows = change(
      "WITH free AS MATERIALIZED (SELECT f.number FROM attempts f WHERE f.task_queue = $2 AND f.called = 0 "
      "AND "
      "f.cancel_requested = 0 AND NOT EXISTS (SELECT 1 FROM runtimes o WHERE o.id = f.taker) ORDER BY "
      "f.number "
      "LIMIT $3 FOR UPDATE SKIP LOCKED), "
      "a AS (UPDATE attempts t SET taker = $1, fence = t.fence + 1 FROM free WHERE t.task_queue = $2 AND "
      "t.called = 0 AND t.number = free.number RETURNING t.*) "
      "SELECT " ATTEMPT_COLUMNS
      ", c.scheduled_ns, c.next_attempt_ns, c.scheduled, c.last_failure, c.heartbeat, r.workflow_id, r.type "
      "FROM a JOIN activities c ON c.run_id = a.run_id AND c.scheduled_event_id = a.scheduled_event_id "
      "JOIN runs r ON r.run_id = a.run_id ORDER BY a.number",
      {runtime.id, runtime.task_queue, limit});
  for (int row = 0; rows && row < rows->count(); ++row) {
    int column = 0;
    ClaimedAttempt claimed;
    claimed.attempt = attempt_of(*rows, row, column);
    ActivityRow& activity = claimed.activity;
    activity.scheduled_event_id = claimed.attempt.scheduled_event_id;
    activity.attempt = claimed.attempt.attempt;
    activity.scheduled_ns = rows->number(row, column++);
    activity.next_attempt_ns = rows->number(row, column++);
    activity.scheduled = rows->object(row, column++);
    activity.last_failure = rows->text(row, column++);
    activity.heartbeat = rows->text(row, column++);
    claimed.workflow_id = rows->text(row, column++);
    claimed.workflow_type = rows->text(row, column);
    found.push_back(std::move(claimed));
  }
  return found;
}

void PostgresTables::release_attempts(const RuntimeRow& runtime) {
  const auto rows = change(
      "UPDATE attempts SET taker = '' WHERE task_queue = $2 AND called = 0 AND taker = $1 RETURNING run_id",
      {runtime.id, runtime.task_queue});
  if (rows && rows->count() > 0) write(Write::notify, {channel_, "attempt " + runtime.task_queue});
}

bool PostgresTables::tell_attempt(const AttemptRow& attempt) {
  const auto rows = change(
      "UPDATE attempts SET called = $6, begun_ns = $7, beat_ns = $8, heartbeat = $9, outcome = $10 WHERE "
      "run_id = $1 AND scheduled_event_id = $2 AND attempt = $3 AND taker = $4 AND fence = $5 AND outcome = "
      "'' "
      "AND (called = 1 OR cancel_requested = 0) RETURNING run_id",
      {attempt.run_id, attempt.scheduled_event_id, attempt.attempt, attempt.taker, attempt.fence,
       int64_t{attempt.called}, attempt.begun_ns, attempt.beat_ns, attempt.heartbeat, attempt.outcome});
  return rows && rows->count() > 0;
}

void PostgresTables::cancel_attempts(std::string_view run_id, int64_t scheduled_event_id) {
  write(Write::cancel_attempts, {channel_, std::string(run_id), scheduled_event_id});
}

void PostgresTables::delete_attempts(std::string_view run_id, int64_t scheduled_event_id,
                                     int64_t last_attempt) {
  write(Write::delete_attempts, {channel_, std::string(run_id), scheduled_event_id, last_attempt});
}

std::vector<std::string> PostgresTables::abandoned_attempts(const std::string& owner) {
  return texts_of(read(
      "SELECT DISTINCT a.run_id FROM attempts a JOIN runs r ON r.run_id = a.run_id WHERE a.called = 1 AND "
      "a.outcome = '' AND r.owner || '' = $1 AND r.status = 0 AND NOT EXISTS (SELECT 1 FROM runtimes o "
      "WHERE o.id = a.taker)",
      {owner}));
}

}  // namespace trivium::units::workflows
