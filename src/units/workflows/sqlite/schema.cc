#include "units/workflows/sqlite/schema.h"

#include <string>

namespace trivium::units::workflows {
namespace {

// One script a version; the first makes version 1 of an empty file. Released scripts never change.
constexpr const char* migrations[] = {
    R"sql(
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO meta VALUES ('schema_version', '0');

CREATE TABLE runs (
  number INTEGER PRIMARY KEY,
  run_id TEXT NOT NULL UNIQUE,
  workflow_id TEXT NOT NULL,
  first_run_id TEXT NOT NULL,
  type TEXT NOT NULL,
  task_queue TEXT NOT NULL,
  worker TEXT NOT NULL,
  status INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  fence INTEGER NOT NULL,
  lease_owner TEXT NOT NULL DEFAULT '',
  lease_until_ns INTEGER NOT NULL DEFAULT 0,
  next_event_id INTEGER NOT NULL,
  last_task_started INTEGER NOT NULL,
  history_bytes INTEGER NOT NULL,
  parent_workflow_id TEXT NOT NULL,
  parent_run_id TEXT NOT NULL,
  parent_event_id INTEGER NOT NULL,
  parent_close INTEGER NOT NULL,
  started_ns INTEGER NOT NULL,
  first_task_ns INTEGER NOT NULL,
  run_deadline_ns INTEGER NOT NULL,
  execution_deadline_ns INTEGER NOT NULL,
  closed_ns INTEGER NOT NULL,
  next_run_id TEXT NOT NULL,
  code_hash TEXT NOT NULL,
  parked TEXT NOT NULL,
  retry_policy TEXT NOT NULL,
  cron_schedule TEXT NOT NULL,
  memo TEXT NOT NULL,
  search_attributes TEXT NOT NULL,
  outcome TEXT NOT NULL
);
CREATE INDEX runs_of_workflow ON runs (workflow_id, number);
CREATE INDEX open_runs ON runs (number) WHERE status = 0;
CREATE INDEX open_children ON runs (parent_run_id) WHERE status = 0 AND parent_run_id <> '';
CREATE INDEX closed_runs ON runs (closed_ns) WHERE status <> 0;

-- place: the run's number * 2^32 + the first event's id, so that a batch is one row on one page.
CREATE TABLE history (
  place INTEGER PRIMARY KEY,
  count INTEGER NOT NULL,
  events TEXT NOT NULL
);

CREATE TABLE inbound (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  run_id TEXT NOT NULL,
  type TEXT NOT NULL,
  time_ns INTEGER NOT NULL,
  attributes TEXT NOT NULL
);
CREATE INDEX inbound_of_run ON inbound (run_id, sequence);

CREATE TABLE requests (
  run_id TEXT NOT NULL,
  request_id TEXT NOT NULL,
  PRIMARY KEY (run_id, request_id)
) WITHOUT ROWID;

CREATE TABLE activities (
  run_id TEXT NOT NULL,
  scheduled_event_id INTEGER NOT NULL,
  scheduled_ns INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  started INTEGER NOT NULL,
  next_attempt_ns INTEGER NOT NULL,
  cancel_requested INTEGER NOT NULL,
  lease_owner TEXT NOT NULL DEFAULT '',
  lease_until_ns INTEGER NOT NULL DEFAULT 0,
  scheduled TEXT NOT NULL,
  last_failure TEXT NOT NULL,
  PRIMARY KEY (run_id, scheduled_event_id)
) WITHOUT ROWID;

CREATE TABLE timers (
  run_id TEXT NOT NULL,
  started_event_id INTEGER NOT NULL,
  timer_id TEXT NOT NULL,
  due_ns INTEGER NOT NULL,
  PRIMARY KEY (run_id, started_event_id)
) WITHOUT ROWID;

CREATE TABLE outbox (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  run_id TEXT NOT NULL,
  event_id INTEGER NOT NULL,
  target TEXT NOT NULL,
  message TEXT NOT NULL
);

CREATE TABLE operations (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  type TEXT NOT NULL,
  workflow_id TEXT NOT NULL,
  attributes TEXT NOT NULL,
  outcome TEXT
);

CREATE TABLE sources (
  hash TEXT NOT NULL,
  entry_id TEXT NOT NULL,
  source TEXT NOT NULL,
  PRIMARY KEY (hash, entry_id)
) WITHOUT ROWID;
)sql",
    // What runs recorded of their code before was of bytecode, and no store had its text.
    R"sql(
ALTER TABLE runs ADD COLUMN refused_hash TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN stays_reason TEXT NOT NULL DEFAULT '';
ALTER TABLE sources ADD COLUMN unused_ns INTEGER NOT NULL DEFAULT 0;
UPDATE runs SET code_hash = '';
)sql",
    R"sql(
ALTER TABLE activities ADD COLUMN heartbeat TEXT NOT NULL DEFAULT '';
)sql",
    // Whatever is due for runs stands in one order, so that those that sleep need not be in memory.
    R"sql(
CREATE INDEX due_times ON timers (due_ns, run_id);
CREATE INDEX parked_runs ON runs (run_id) WHERE status = 0 AND parked <> '';
INSERT INTO timers (run_id, started_event_id, timer_id, due_ns)
  SELECT run_id, 0, '', CASE WHEN first_task_ns <> 0 THEN first_task_ns ELSE started_ns END FROM runs
  WHERE status = 0 AND last_task_started = 0;
INSERT INTO timers (run_id, started_event_id, timer_id, due_ns)
  SELECT run_id, -1, '', run_deadline_ns FROM runs WHERE status = 0 AND run_deadline_ns <> 0;
DROP INDEX open_runs;
)sql",
    // What the batches of ordinary tasks tell of their run, so that they alone are written (steps.cc): before
    // the events, behind which a reader would find it at the end of a chain of pages.
    R"sql(
CREATE TABLE batches (
  place INTEGER PRIMARY KEY,
  count INTEGER NOT NULL,
  task_started INTEGER NOT NULL DEFAULT 0,
  run_bytes INTEGER NOT NULL DEFAULT 0,
  stand_ins TEXT NOT NULL DEFAULT '',
  events TEXT NOT NULL
);
INSERT INTO batches (place, count, events) SELECT place, count, events FROM history ORDER BY place;
DROP TABLE history;
ALTER TABLE batches RENAME TO history;
)sql",
};
static_assert(std::size(migrations) == schema_version);

Result<> execute(sqlite3* database, const std::string& sql) {
  char* message = nullptr;
  if (sqlite3_exec(database, sql.c_str(), nullptr, nullptr, &message) == SQLITE_OK) return {};
  std::string text = message != nullptr ? message : sqlite3_errmsg(database);
  sqlite3_free(message);
  Error error = Error::of(kind::unavailable, "the workflow store cannot be prepared: " + text);
  error.retryable = true;
  return fail(std::move(error));
}

// 0 for an empty file.
int64_t current_version(sqlite3* database) {
  sqlite3_stmt* statement = nullptr;
  int64_t version = 0;
  if (sqlite3_prepare_v2(database, "SELECT value FROM meta WHERE key = 'schema_version'", -1, &statement,
                         nullptr) == SQLITE_OK &&
      sqlite3_step(statement) == SQLITE_ROW) {
    version = sqlite3_column_int64(statement, 0);
  }
  sqlite3_finalize(statement);
  return version;
}

}  // namespace

Result<> check_version(sqlite3* database) {
  const int64_t found = current_version(database);
  if (found == schema_version) return {};
  return fail(kind::conflict, "the workflow store has schema version " + std::to_string(found) +
                                  ", this runtime works with " + std::to_string(schema_version));
}

Result<> migrate(sqlite3* database) {
  const int64_t found = current_version(database);
  if (found > schema_version) {
    return fail(kind::conflict, "the workflow store has schema version " + std::to_string(found) +
                                    ", this runtime knows up to " + std::to_string(schema_version) +
                                    ": use the newer runtime that wrote it");
  }
  if (found == schema_version) return {};
  std::string script = "BEGIN IMMEDIATE;";
  for (int64_t version = found; version < schema_version; ++version) script += migrations[version];
  script +=
      "UPDATE meta SET value = '" + std::to_string(schema_version) + "' WHERE key = 'schema_version';COMMIT;";
  Result<> done = execute(database, script);
  if (!done && sqlite3_get_autocommit(database) == 0) (void)execute(database, "ROLLBACK");
  return done;
}

}  // namespace trivium::units::workflows
