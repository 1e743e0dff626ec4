// Part of the tests' executable, not of the library: hence the name.
#include "units/workflows/testing/attempt_rows.h"

#include "core/json.h"

namespace trivium::units::workflows::testing {
namespace {

#define ATTEMPT_COLUMNS                                                                                  \
  " run_id, scheduled_event_id, attempt, task_queue, taker, fence, cancel_requested, called, begun_ns, " \
  "beat_ns, heartbeat, outcome "

}  // namespace

std::string json_of(const std::vector<std::string>& texts) {
  Array array;
  for (const std::string& text : texts) array.emplace_back(text);
  return json::encode(Value(std::move(array))).value_or("[]");
}

const char* const SqliteAttempts::table =
    "CREATE TABLE attempts (number INTEGER PRIMARY KEY, run_id TEXT, scheduled_event_id INTEGER, attempt "
    "INTEGER, task_queue TEXT, taker TEXT DEFAULT '', fence INTEGER DEFAULT 0, cancel_requested INTEGER "
    "DEFAULT 0, called INTEGER DEFAULT 0, begun_ns INTEGER DEFAULT 0, beat_ns INTEGER DEFAULT 0, heartbeat "
    "TEXT DEFAULT '', outcome TEXT DEFAULT '', UNIQUE (run_id, scheduled_event_id, attempt))";

void SqliteAttempts::delete_pending(std::string_view run_id) {
  remove_attempts(run_id, -1, 0);
  SqliteTables::delete_pending(run_id);
}

void SqliteAttempts::insert_attempt(const AttemptRow& attempt) {
  Use use(
      prepared("INSERT OR IGNORE INTO attempts (run_id, scheduled_event_id, attempt, task_queue) VALUES "
               "(?, ?, ?, ?)"));
  use.bind(attempt.run_id).bind(attempt.scheduled_event_id).bind(attempt.attempt);
  finish(use.bind(attempt.task_queue));
  tell("attempt " + attempt.task_queue);
}

std::vector<AttemptRow> SqliteAttempts::attempts(const std::vector<std::string>& run_ids) {
  Use use(prepared("SELECT" ATTEMPT_COLUMNS
                   "FROM attempts WHERE run_id IN (SELECT value FROM json_each(?)) ORDER BY run_id, "
                   "scheduled_event_id, attempt"));
  const std::string ids = json_of(run_ids);
  std::vector<AttemptRow> found = attempts_of(use.bind(ids));
  for (AttemptRow& attempt : found) {
    attempt.taker_gone = !attempt.taker.empty() && !there(attempt.taker);
    if (!attempt.taker_gone) attempt.taker_name = attempt.taker.empty() ? "" : "test";
  }
  return found;
}

std::vector<ClaimedAttempt> SqliteAttempts::claim_attempts(const RuntimeRow& runtime, int64_t limit) {
  std::vector<AttemptRow> taken;
  {
    Use use(
        prepared("UPDATE attempts SET taker = ?1, fence = fence + 1 WHERE number IN (SELECT number FROM "
                 "attempts f WHERE task_queue = ?2 AND called = 0 AND cancel_requested = 0 AND NOT EXISTS "
                 "(SELECT 1 FROM runtimes o WHERE o.id = f.taker) ORDER BY number LIMIT ?3) "
                 "RETURNING" ATTEMPT_COLUMNS));
    taken = attempts_of(use.bind(runtime.id).bind(runtime.task_queue).bind(limit));
  }
  std::vector<ClaimedAttempt> claimed;
  for (AttemptRow& attempt : taken) {
    for (ActivityRow& activity : activities(attempt.run_id)) {
      if (activity.scheduled_event_id != attempt.scheduled_event_id) continue;
      const RunRow owner = *run(attempt.run_id);
      activity.attempt = attempt.attempt;
      claimed.push_back({std::move(attempt), std::move(activity), owner.workflow_id, owner.type});
      break;
    }
  }
  return claimed;
}

void SqliteAttempts::release_attempts(const RuntimeRow& runtime) {
  Use use(prepared("UPDATE attempts SET taker = '' WHERE called = 0 AND taker = ? RETURNING run_id"));
  if (!texts(use.bind(runtime.id)).empty()) tell("attempt " + runtime.task_queue);
}

bool SqliteAttempts::tell_attempt(const AttemptRow& attempt) {
  Use use(
      prepared("UPDATE attempts SET called = ?, begun_ns = ?, beat_ns = ?, heartbeat = ?, outcome = ? WHERE "
               "run_id = ? AND scheduled_event_id = ? AND attempt = ? AND taker = ? AND fence = ? AND "
               "outcome = '' AND (called = 1 OR cancel_requested = 0) RETURNING run_id"));
  use.bind(int64_t{attempt.called}).bind(attempt.begun_ns).bind(attempt.beat_ns).bind(attempt.heartbeat);
  use.bind(attempt.outcome).bind(attempt.run_id).bind(attempt.scheduled_event_id).bind(attempt.attempt);
  return !texts(use.bind(attempt.taker).bind(attempt.fence)).empty();
}

void SqliteAttempts::cancel_attempts(std::string_view run_id, int64_t scheduled_event_id) {
  Use use(
      prepared("UPDATE attempts SET cancel_requested = 1 WHERE run_id = ? AND scheduled_event_id = ? "
               "RETURNING taker"));
  tell_takers(use.bind(run_id).bind(scheduled_event_id));
}

void SqliteAttempts::delete_attempts(std::string_view run_id, int64_t scheduled_event_id,
                                     int64_t last_attempt) {
  remove_attempts(run_id, scheduled_event_id, last_attempt);
}

std::vector<std::string> SqliteAttempts::abandoned_attempts(const std::string& owner) {
  Use use(prepared(
      "SELECT DISTINCT a.run_id FROM attempts a JOIN runs r ON r.run_id = a.run_id WHERE a.called = 1 "
      "AND a.outcome = '' AND r.lease_owner = ? AND r.status = 0 AND NOT EXISTS (SELECT 1 FROM "
      "runtimes o WHERE o.id = a.taker)"));
  return texts(use.bind(owner));
}

void SqliteAttempts::remove_attempts(std::string_view run_id, int64_t scheduled_event_id,
                                     int64_t last_attempt) {
  Use use(
      prepared("DELETE FROM attempts WHERE run_id = ?1 AND (?2 = -1 OR (scheduled_event_id = ?2 AND attempt "
               "<= ?3)) RETURNING taker"));
  tell_takers(use.bind(run_id).bind(scheduled_event_id).bind(last_attempt));
}

void SqliteAttempts::tell_takers(Use& use) {
  for (const std::string& taker : texts(use)) {
    if (!taker.empty()) tell("wake " + taker);
  }
}

std::vector<AttemptRow> SqliteAttempts::attempts_of(Use& use) {
  std::vector<AttemptRow> found;
  while (next(use)) {
    AttemptRow& attempt = found.emplace_back();
    attempt.run_id = use.text();
    attempt.scheduled_event_id = use.number();
    attempt.attempt = use.number();
    attempt.task_queue = use.text();
    attempt.taker = use.text();
    attempt.fence = use.number();
    attempt.cancel_requested = use.number() != 0;
    attempt.called = use.number() != 0;
    attempt.begun_ns = use.number();
    attempt.beat_ns = use.number();
    attempt.heartbeat = use.text();
    attempt.outcome = use.text();
  }
  return found;
}

bool SqliteAttempts::there(const std::string& runtime_id) {
  Use use(prepared("SELECT id FROM runtimes WHERE id = ?"));
  return !texts(use.bind(runtime_id)).empty();
}

std::vector<std::string> SqliteAttempts::texts(Use& use) {
  std::vector<std::string> found;
  while (next(use)) found.push_back(use.text());
  return found;
}

}  // namespace trivium::units::workflows::testing
