#include "units/workflows/postgres/schema.h"

namespace trivium::units::workflows {
namespace {

// One script a version; the first makes version 1 of an empty schema. Released scripts never change.
// Rows of open work change often: pages with room let an update stay on its page and out of the indexes.
constexpr const char* migrations[] = {
    R"sql(
CREATE TABLE meta (key text PRIMARY KEY, value text NOT NULL);
INSERT INTO meta VALUES ('schema_version', '0');

CREATE TABLE runs (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run_id text NOT NULL UNIQUE,
  workflow_id text NOT NULL,
  first_run_id text NOT NULL,
  type text NOT NULL,
  task_queue text NOT NULL,
  worker text NOT NULL,
  owner text NOT NULL,
  status bigint NOT NULL,
  attempt bigint NOT NULL,
  fence bigint NOT NULL,
  next_event_id bigint NOT NULL,
  last_task_started bigint NOT NULL,
  history_bytes bigint NOT NULL,
  parent_workflow_id text NOT NULL,
  parent_run_id text NOT NULL,
  parent_event_id bigint NOT NULL,
  parent_close bigint NOT NULL,
  started_ns bigint NOT NULL,
  first_task_ns bigint NOT NULL,
  run_deadline_ns bigint NOT NULL,
  execution_deadline_ns bigint NOT NULL,
  closed_ns bigint NOT NULL,
  next_run_id text NOT NULL,
  code_hash text NOT NULL,
  parked text NOT NULL,
  retry_policy text NOT NULL,
  cron_schedule text NOT NULL,
  memo text NOT NULL,
  search_attributes text NOT NULL,
  outcome text NOT NULL
) WITH (fillfactor = 60);
CREATE INDEX runs_of_workflow ON runs (workflow_id, number);
CREATE UNIQUE INDEX one_open_run ON runs (workflow_id) WHERE status = 0;
CREATE INDEX runs_of_owner ON runs (owner) WHERE status = 0;
CREATE INDEX open_children ON runs (parent_run_id) WHERE status = 0 AND parent_run_id <> '';
CREATE INDEX closed_runs ON runs (closed_ns) WHERE status <> 0;
CREATE INDEX chains ON runs (first_run_id);

CREATE TABLE history (
  run_id text NOT NULL,
  first_event_id bigint NOT NULL,
  count bigint NOT NULL,
  events text NOT NULL,
  PRIMARY KEY (run_id, first_event_id)
);

CREATE TABLE inbound (
  sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run_id text NOT NULL,
  type text NOT NULL,
  time_ns bigint NOT NULL,
  attributes text NOT NULL
);
CREATE INDEX inbound_of_run ON inbound (run_id, sequence);

CREATE TABLE requests (
  run_id text NOT NULL,
  request_id text NOT NULL,
  PRIMARY KEY (run_id, request_id)
);

CREATE TABLE activities (
  run_id text NOT NULL,
  scheduled_event_id bigint NOT NULL,
  scheduled_ns bigint NOT NULL,
  attempt bigint NOT NULL,
  started bigint NOT NULL,
  next_attempt_ns bigint NOT NULL,
  cancel_requested bigint NOT NULL,
  scheduled text NOT NULL,
  last_failure text NOT NULL,
  PRIMARY KEY (run_id, scheduled_event_id)
) WITH (fillfactor = 80);

CREATE TABLE timers (
  run_id text NOT NULL,
  started_event_id bigint NOT NULL,
  timer_id text NOT NULL,
  due_ns bigint NOT NULL,
  PRIMARY KEY (run_id, started_event_id)
);

CREATE TABLE operations (
  sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  type text NOT NULL,
  workflow_id text NOT NULL,
  attributes text NOT NULL,
  outcome text
);

CREATE TABLE sources (
  hash text NOT NULL,
  entry_id text NOT NULL,
  source text NOT NULL,
  PRIMARY KEY (hash, entry_id)
);

CREATE TABLE runtimes (
  id text PRIMARY KEY,
  name text NOT NULL,
  task_queue text NOT NULL,
  types text[] NOT NULL,
  renewed_at timestamptz NOT NULL,
  lease_until timestamptz NOT NULL
);

CREATE TABLE wakeups (
  sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  owner text NOT NULL,
  run_id text NOT NULL
);
CREATE INDEX wakeups_of_owner ON wakeups (owner);
)sql",
    // What runs recorded of their code before was of bytecode, and no store had its text.
    R"sql(
ALTER TABLE runs ADD COLUMN refused_hash text NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN stays_reason text NOT NULL DEFAULT '';
ALTER TABLE sources ADD COLUMN unused_ns bigint NOT NULL DEFAULT 0;
UPDATE runs SET code_hash = '';
)sql",
    R"sql(
ALTER TABLE activities ADD COLUMN heartbeat text NOT NULL DEFAULT '';
)sql",
    // Whatever is due for runs stands in one order, so that those that sleep need not be in memory; and runs
    // of runtimes that are gone are nobody's without being told so: no owner is the mark of new ones alone.
    R"sql(
CREATE INDEX due_times ON timers (due_ns, run_id COLLATE "C");
CREATE INDEX parked_runs ON runs (run_id) WHERE status = 0 AND parked <> '';
INSERT INTO timers (run_id, started_event_id, timer_id, due_ns)
  SELECT run_id, 0, '', CASE WHEN first_task_ns <> 0 THEN first_task_ns ELSE started_ns END FROM runs
  WHERE status = 0 AND last_task_started = 0;
INSERT INTO timers (run_id, started_event_id, timer_id, due_ns)
  SELECT run_id, -1, '', run_deadline_ns FROM runs WHERE status = 0 AND run_deadline_ns <> 0;
UPDATE runs SET owner = 'gone' WHERE status = 0 AND owner = '' AND last_task_started <> 0;
)sql",
    // Activities of other task queues. What is to be called, and with what, stands in the row of the
    // activity.
    R"sql(
CREATE TABLE attempts (
  number bigint GENERATED ALWAYS AS IDENTITY,
  run_id text NOT NULL,
  scheduled_event_id bigint NOT NULL,
  attempt bigint NOT NULL,
  task_queue text NOT NULL,
  taker text NOT NULL DEFAULT '',
  fence bigint NOT NULL DEFAULT 0,
  cancel_requested bigint NOT NULL DEFAULT 0,
  called bigint NOT NULL DEFAULT 0,
  begun_ns bigint NOT NULL DEFAULT 0,
  beat_ns bigint NOT NULL DEFAULT 0,
  heartbeat text NOT NULL DEFAULT '',
  outcome text NOT NULL DEFAULT '',
  PRIMARY KEY (run_id, scheduled_event_id, attempt)
) WITH (fillfactor = 60);
CREATE INDEX waiting_attempts ON attempts (task_queue, number) WHERE called = 0;
)sql",
};
static_assert(std::size(migrations) == postgres_schema_version);

// 0: nothing there.
std::optional<int64_t> current_version(Connection& connection) {
  const auto there = connection.execute("SELECT to_regclass('meta') IS NOT NULL");
  if (!there) return std::nullopt;
  if (!there->flag(0, 0)) return 0;
  const auto rows = connection.execute("SELECT value FROM meta WHERE key = 'schema_version'");
  if (!rows) return std::nullopt;
  return rows->count() == 0 ? 0 : rows->number(0, 0);
}

Result<> check(int64_t found, const PostgresOptions& options) {
  const std::string where = "the workflow store " + describe(options) + " has schema version " +
                            std::to_string(found) + ", this runtime ";
  const std::string ours = std::to_string(postgres_schema_version);
  if (found > postgres_schema_version) {
    return fail(kind::conflict,
                where + "knows up to " + ours + ": use the newer runtime that wrote it, or another schema");
  }
  if (found < postgres_schema_version && !options.migrate) {
    return fail(kind::conflict, where + "works with " + ours + ": start a runtime on it first");
  }
  return {};
}

}  // namespace

Result<> prepare_schema(Connection& connection, const PostgresOptions& options) {
  const auto trouble = [&] { return fail(error_of(*connection.error(), describe(options))); };
  std::optional<int64_t> found = current_version(connection);
  if (!found) return trouble();
  if (Result<> fits = check(*found, options); !fits || *found == postgres_schema_version) return fits;
  // One at a time; whoever waited looks again, in a transaction of its own, or it would not see a new schema.
  constexpr const char* key = "(hashtextextended('trivium.migrations', 0))";
  if (!connection.execute(std::string("SELECT pg_advisory_lock") + key) || !connection.execute("BEGIN")) {
    return trouble();
  }
  if (!(found = current_version(connection))) return trouble();
  Result<> fits = check(*found, options);
  if (fits && *found < postgres_schema_version) {
    std::string script;
    // An existing schema needs no right to create one.
    const auto there = connection.execute("SELECT current_schema() IS NOT NULL");
    if (!there) return trouble();
    if (!there->flag(0, 0)) script += "CREATE SCHEMA IF NOT EXISTS " + quoted(options.schema) + ";";
    for (int64_t version = *found; version < postgres_schema_version; ++version)
      script += migrations[version];
    script += "UPDATE meta SET value = '" + std::to_string(postgres_schema_version) +
              "' WHERE key = 'schema_version'";
    if (!connection.execute(script)) return trouble();
  }
  if (!connection.execute(fits ? "COMMIT" : "ROLLBACK") ||
      !connection.execute(std::string("SELECT pg_advisory_unlock") + key)) {
    return trouble();
  }
  return fits;
}

}  // namespace trivium::units::workflows
