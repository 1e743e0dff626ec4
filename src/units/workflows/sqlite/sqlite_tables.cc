#include "units/workflows/sqlite/sqlite_tables.h"

#include "units/workflows/sqlite/places.h"
#include "units/workflows/store/columns.h"

namespace trivium::units::workflows {
namespace {

// In the order of run_of().
#define RUN_COLUMNS_WITH(next_event_id, last_task_started, history_bytes)                                  \
  "run_id, workflow_id, first_run_id, type, task_queue, worker, lease_owner, status, attempt, "            \
  "fence, " next_event_id ", " last_task_started ", " history_bytes                                        \
  ", parent_workflow_id, parent_run_id, parent_event_id, parent_close, "                                   \
  "started_ns, first_task_ns, run_deadline_ns, execution_deadline_ns, closed_ns, next_run_id, code_hash, " \
  "refused_hash, stays_reason, parked, retry_policy, cron_schedule, memo, search_attributes, outcome"
#define RUN_COLUMNS RUN_COLUMNS_WITH("next_event_id", "last_task_started", "history_bytes")
// What the run's last batch says, if its row lags behind (steps.cc).
#define RUN_COLUMNS_NOW RUN_COLUMNS_WITH(NEXT_EVENT_ID_NOW, LAST_TASK_STARTED_NOW, HISTORY_BYTES_NOW)

RunRow run_of(Use& use) {
  RunRow run;
  run.run_id = use.text();
  run.workflow_id = use.text();
  run.first_run_id = use.text();
  run.type = use.text();
  run.task_queue = use.text();
  run.worker = use.text();
  run.owner = use.text();
  run.status = static_cast<RunStatus>(use.number());
  run.attempt = use.number();
  run.fence = use.number();
  run.next_event_id = use.number();
  run.last_task_started = use.number();
  run.history_bytes = use.number();
  run.parent_workflow_id = use.text();
  run.parent_run_id = use.text();
  run.parent_event_id = use.number();
  run.parent_close = static_cast<ParentClosePolicy>(use.number());
  run.started_ns = use.number();
  run.first_task_ns = use.number();
  run.run_deadline_ns = use.number();
  run.execution_deadline_ns = use.number();
  run.closed_ns = use.number();
  run.next_run_id = use.text();
  run.code_hash = use.text();
  run.refused_hash = use.text();
  run.stays_reason = use.text();
  run.parked = use.text();
  run.retry_policy = use.text();
  run.cron_schedule = use.text();
  run.memo = use.text();
  run.search_attributes = use.text();
  run.outcome = use.text();
  return run;
}

}  // namespace

SqliteTables::~SqliteTables() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
}

sqlite3_stmt* SqliteTables::prepared(const char* sql) {
  if (error_) return nullptr;
  sqlite3_stmt*& statement = statements_[sql];
  if (statement == nullptr &&
      sqlite3_prepare_v3(database_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr) != SQLITE_OK) {
    error_ = Error::of(kind::unavailable, sqlite3_errmsg(database_));
    return nullptr;
  }
  return statement;
}

bool SqliteTables::next(Use& use) {
  if (error_) return false;
  const int code = use.step();
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) error_ = Error::of(kind::unavailable, sqlite3_errmsg(database_));
  return false;
}

void SqliteTables::finish(Use& use) {
  while (next(use)) {
  }
}

bool SqliteTables::execute(const char* sql) {
  Use use(prepared(sql));
  finish(use);
  return !error_;
}

// --- runs -------------------------------------------------------------------------------------------

std::vector<RunRow> SqliteTables::runs(Use& use) {
  std::vector<RunRow> found;
  while (next(use)) found.push_back(run_of(use));
  return found;
}

std::optional<RunRow> SqliteTables::current_run(std::string_view workflow_id) {
  Use use(prepared("SELECT " RUN_COLUMNS_NOW " FROM runs " LAST_BATCH
                   " WHERE workflow_id = ? ORDER BY number DESC LIMIT 1"));
  std::vector<RunRow> found = runs(use.bind(workflow_id));
  return found.empty() ? std::nullopt : std::optional(std::move(found.front()));
}

std::optional<RunRow> SqliteTables::run(std::string_view run_id) {
  Use use(prepared("SELECT " RUN_COLUMNS_NOW " FROM runs " LAST_BATCH " WHERE run_id = ?"));
  std::vector<RunRow> found = runs(use.bind(run_id));
  return found.empty() ? std::nullopt : std::optional(std::move(found.front()));
}

std::vector<RunRow> SqliteTables::open_children(std::string_view parent_run_id) {
  Use use(prepared("SELECT " RUN_COLUMNS_NOW " FROM runs " LAST_BATCH
                   " WHERE parent_run_id = ? AND status = 0 AND parent_run_id <> '' ORDER BY number"));
  return runs(use.bind(parent_run_id));
}

std::vector<RunRow> SqliteTables::list_runs(const RunFilter& filter, int64_t limit, int64_t offset) {
  Use use(prepared("SELECT " RUN_COLUMNS_NOW
                   " FROM (SELECT * FROM runs WHERE (?1 < 0 OR status = ?1) AND (?2 = 0 OR (status = 0 AND "
                   "parked <> '')) AND (?3 = '' OR type = ?3) AND started_ns >= ?4 AND (?5 = 0 OR "
                   "started_ns < ?5) ORDER BY number DESC LIMIT ?6 OFFSET ?7) AS runs " LAST_BATCH
                   " ORDER BY number DESC"));
  use.bind(filter.status ? static_cast<int64_t>(*filter.status) : -1).bind(int64_t{filter.parked});
  use.bind(filter.type).bind(filter.started_from_ns).bind(filter.started_before_ns);
  return runs(use.bind(limit).bind(offset));
}

void SqliteTables::insert_run(const RunRow& run) {
  Use use(prepared("INSERT INTO runs (" RUN_COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
                   "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  use.bind(run.run_id).bind(run.workflow_id).bind(run.first_run_id).bind(run.type).bind(run.task_queue);
  use.bind(run.worker).bind(run.owner).bind(static_cast<int64_t>(run.status)).bind(run.attempt);
  use.bind(run.fence)
      .bind(run.next_event_id)
      .bind(run.last_task_started)
      .bind(run.history_bytes)
      .bind(run.parent_workflow_id);
  use.bind(run.parent_run_id).bind(run.parent_event_id).bind(static_cast<int64_t>(run.parent_close));
  use.bind(run.started_ns).bind(run.first_task_ns).bind(run.run_deadline_ns).bind(run.execution_deadline_ns);
  use.bind(run.closed_ns).bind(run.next_run_id).bind(run.code_hash).bind(run.refused_hash);
  use.bind(run.stays_reason).bind(run.parked).bind(run.retry_policy);
  use.bind(run.cron_schedule).bind(run.memo).bind(run.search_attributes).bind(run.outcome);
  finish(use);
}

void SqliteTables::update_run(const RunRow& run) {
  // Open runs are updated most; statements that name no indexed column leave the indexes' pages alone.
  const bool open = run.status == RunStatus::running;
#define CHANGES                                                                                \
  "UPDATE runs SET fence = ?, next_event_id = ?, last_task_started = ?, history_bytes = ?, "   \
  "next_run_id = ?, code_hash = ?, refused_hash = ?, stays_reason = ?, parked = ?, memo = ?, " \
  "search_attributes = ?, outcome = ?"
  Use use(
      prepared(open ? CHANGES " WHERE run_id = ?" : CHANGES ", status = ?, closed_ns = ? WHERE run_id = ?"));
#undef CHANGES
  use.bind(run.fence).bind(run.next_event_id).bind(run.last_task_started).bind(run.history_bytes);
  use.bind(run.next_run_id).bind(run.code_hash).bind(run.refused_hash).bind(run.stays_reason);
  use.bind(run.parked).bind(run.memo).bind(run.search_attributes).bind(run.outcome);
  if (!open) use.bind(static_cast<int64_t>(run.status)).bind(run.closed_ns);
  finish(use.bind(run.run_id));
}

int64_t SqliteTables::delete_closed_runs(int64_t closed_before_ns, int64_t limit) {
  std::vector<std::string> ids;
  {
    Use use(
        prepared("SELECT run_id FROM runs WHERE status <> 0 AND closed_ns < ? ORDER BY closed_ns LIMIT ?"));
    use.bind(closed_before_ns).bind(limit);
    while (next(use)) ids.push_back(use.text());
  }
  for (const std::string& id : ids) {
    delete_pending(id);
    for (const char* sql : {"DELETE FROM history WHERE place BETWEEN " FIRST_PLACE " AND " LAST_PLACE,
                            "DELETE FROM requests WHERE run_id = ?", "DELETE FROM outbox WHERE run_id = ?",
                            "DELETE FROM runs WHERE run_id = ?"}) {
      Use use(prepared(sql));
      finish(use.bind(id));
    }
  }
  return static_cast<int64_t>(ids.size());
}

// --- runs that nobody has in memory -------------------------------------------------------------------

DuePage SqliteTables::due_after(const Due& after, int64_t limit, const RuntimeRow* /*runtime*/) {
  // In the order of the index on due times, each with its run: not the other way round.
  Use use(
      prepared("SELECT t.due_ns, t.run_id, r.parked = '' OR t.started_event_id = -1 FROM timers t "
               "CROSS JOIN runs r ON r.run_id = t.run_id WHERE (t.due_ns, t.run_id) > (?, ?) "
               "ORDER BY t.due_ns, t.run_id LIMIT ?"));
  use.bind(after.due_ns).bind(after.run_id).bind(limit);
  DuePage page{{}, after, true};
  int64_t seen = 0;
  for (; next(use); ++seen) {
    page.end.due_ns = use.number();
    page.end.run_id = use.text();
    if (use.number() != 0) page.due.push_back(page.end);
  }
  page.last = seen < limit;
  return page;
}

std::vector<std::string> SqliteTables::runs_with_work(std::string_view /*owner*/,
                                                      std::string_view after_run_id, int64_t limit) {
  Use use(prepared(
      "SELECT run_id FROM inbound i WHERE run_id > ?1 AND NOT EXISTS (SELECT 1 FROM timers t WHERE "
      "t.run_id = i.run_id AND t.started_event_id = 0) "
      "UNION SELECT run_id FROM activities a WHERE run_id > ?1 AND NOT EXISTS (SELECT 1 FROM timers t "
      "WHERE t.run_id = a.run_id AND t.started_event_id = -a.scheduled_event_id) "
      "UNION SELECT run_id FROM runs WHERE status = 0 AND parked <> '' AND run_id > ?1 "
      "ORDER BY run_id LIMIT ?2"));
  use.bind(after_run_id).bind(limit);
  std::vector<std::string> found;
  while (next(use)) found.push_back(use.text());
  return found;
}

// --- history ----------------------------------------------------------------------------------------

void SqliteTables::append_history(std::string_view run_id, int64_t first_event_id, int64_t count,
                                  std::string_view events) {
  Use use(prepared("INSERT INTO history (place, count, events, stand_ins) VALUES (" FIRST_PLACE
                   " + ?2, ?3, ?4, ifnull((SELECT stand_ins FROM history WHERE place BETWEEN " FIRST_PLACE
                   " AND " LAST_PLACE " ORDER BY place DESC LIMIT 1), ''))"));
  finish(use.bind(run_id).bind(first_event_id).bind(count).bind(events));
}

std::vector<std::string> SqliteTables::history(std::string_view run_id, int64_t from_event_id,
                                               int64_t max_batches) {
  Use use(prepared("SELECT events FROM history WHERE place <= " LAST_PLACE
                   " AND place >= (SELECT max(place) FROM history WHERE place BETWEEN " FIRST_PLACE
                   " AND " FIRST_PLACE " + ?2) ORDER BY place LIMIT ?3"));
  use.bind(run_id).bind(from_event_id).bind(max_batches);
  std::vector<std::string> batches;
  while (next(use)) batches.push_back(use.text());
  return batches;
}

// --- inbound ----------------------------------------------------------------------------------------

int64_t SqliteTables::insert_inbound(std::string_view run_id, std::string_view request_id,
                                     const InboundRow& inbound) {
  if (!request_id.empty()) {
    Use seen(prepared("INSERT OR IGNORE INTO requests (run_id, request_id) VALUES (?, ?)"));
    finish(seen.bind(run_id).bind(request_id));
    if (error_ || sqlite3_changes(database_) == 0) return 0;
  }
  const std::string attributes = json_text_of(inbound.attributes);
  Use use(prepared("INSERT INTO inbound (run_id, type, time_ns, attributes) VALUES (?, ?, ?, ?)"));
  finish(use.bind(run_id).bind(event_name(inbound.type)).bind(inbound.time_ns).bind(attributes));
  return error_ ? 0 : sqlite3_last_insert_rowid(database_);
}

std::vector<InboundRow> SqliteTables::inbound(std::string_view run_id) {
  Use use(
      prepared("SELECT sequence, type, time_ns, attributes FROM inbound WHERE run_id = ? ORDER BY sequence"));
  use.bind(run_id);
  std::vector<InboundRow> found;
  while (next(use)) {
    InboundRow inbound;
    inbound.sequence = use.number();
    inbound.type = event_type(use.text());
    inbound.time_ns = use.number();
    inbound.attributes = object_of(use.text());
    found.push_back(std::move(inbound));
  }
  return found;
}

void SqliteTables::delete_inbound(std::string_view run_id, int64_t sequence) {
  Use use(prepared("DELETE FROM inbound WHERE sequence = ? AND run_id = ?"));
  finish(use.bind(sequence).bind(run_id));
}

// --- timers -------------------------------------------------------------------------------------------

std::vector<TimerRow> SqliteTables::timers(std::string_view run_id) {
  Use use(prepared(
      "SELECT started_event_id, timer_id, due_ns FROM timers WHERE run_id = ? AND started_event_id > 0 "
      "ORDER BY started_event_id"));
  use.bind(run_id);
  std::vector<TimerRow> found;
  while (next(use)) {
    const int64_t started = use.number();
    std::string id = use.text();
    found.push_back({started, std::move(id), use.number()});
  }
  return found;
}

void SqliteTables::insert_timer(std::string_view run_id, const TimerRow& timer) {
  Use use(
      prepared("INSERT INTO timers (run_id, started_event_id, timer_id, due_ns) VALUES (?, ?, ?, ?) "
               "ON CONFLICT DO UPDATE SET due_ns = excluded.due_ns"));
  finish(use.bind(run_id).bind(timer.started_event_id).bind(timer.timer_id).bind(timer.due_ns));
}

void SqliteTables::delete_timer(std::string_view run_id, int64_t started_event_id) {
  Use use(prepared("DELETE FROM timers WHERE run_id = ? AND started_event_id = ?"));
  finish(use.bind(run_id).bind(started_event_id));
}

void SqliteTables::delete_pending(std::string_view run_id) {
  for (const char* sql : {"DELETE FROM activities WHERE run_id = ?", "DELETE FROM timers WHERE run_id = ?",
                          "DELETE FROM inbound WHERE run_id = ?"}) {
    Use use(prepared(sql));
    finish(use.bind(run_id));
  }
}

// --- operations -------------------------------------------------------------------------------------

int64_t SqliteTables::insert_operation(const OperationRow& operation) {
  const std::string attributes = json_text_of(operation.attributes);
  Use use(prepared("INSERT INTO operations (type, workflow_id, attributes) VALUES (?, ?, ?)"));
  finish(use.bind(event_name(operation.type)).bind(operation.workflow_id).bind(attributes));
  return error_ ? 0 : sqlite3_last_insert_rowid(database_);
}

std::vector<OperationRow> SqliteTables::operations() {
  Use use(
      prepared("SELECT sequence, type, workflow_id, attributes FROM operations WHERE outcome IS NULL ORDER "
               "BY sequence"));
  std::vector<OperationRow> found;
  while (next(use)) {
    OperationRow operation;
    operation.sequence = use.number();
    operation.type = event_type(use.text());
    operation.workflow_id = use.text();
    operation.attributes = object_of(use.text());
    found.push_back(std::move(operation));
  }
  return found;
}

void SqliteTables::finish_operation(int64_t sequence, std::string_view outcome) {
  Use use(prepared("UPDATE operations SET outcome = ? WHERE sequence = ?"));
  finish(use.bind(outcome).bind(sequence));
}

std::string SqliteTables::take_outcome(int64_t sequence) {
  std::string outcome;
  {
    Use use(prepared("SELECT outcome FROM operations WHERE sequence = ? AND outcome IS NOT NULL"));
    use.bind(sequence);
    while (next(use)) outcome = use.text();
  }
  if (outcome.empty()) return outcome;
  Use use(prepared("DELETE FROM operations WHERE sequence = ?"));
  finish(use.bind(sequence));
  return outcome;
}

// --- code -------------------------------------------------------------------------------------------

void SqliteTables::insert_source(std::string_view hash, std::string_view entry_id, std::string_view source) {
  Use use(prepared("INSERT OR IGNORE INTO sources (hash, entry_id, source) VALUES (?, ?, ?)"));
  finish(use.bind(hash).bind(entry_id).bind(source));
}

std::optional<std::string> SqliteTables::source(std::string_view hash) {
  Use use(prepared("SELECT source FROM sources WHERE hash = ?"));
  use.bind(hash);
  std::optional<std::string> found;
  while (next(use)) found = use.text();
  return found;
}

std::vector<SourceRow> SqliteTables::sources() {
  Use use(prepared("SELECT hash, unused_ns FROM sources ORDER BY hash"));
  std::vector<SourceRow> found;
  while (next(use)) {
    std::string hash = use.text();
    found.push_back({std::move(hash), use.number()});
  }
  return found;
}

void SqliteTables::mark_source(std::string_view hash, int64_t unused_ns) {
  Use use(prepared("UPDATE sources SET unused_ns = ? WHERE hash = ?"));
  finish(use.bind(unused_ns).bind(hash));
}

void SqliteTables::delete_source(std::string_view hash) {
  Use use(prepared("DELETE FROM sources WHERE hash = ?"));
  finish(use.bind(hash));
}

std::vector<std::string> SqliteTables::used_code() {
  Use use(prepared("SELECT DISTINCT code_hash FROM runs WHERE status = 0"));
  std::vector<std::string> found;
  while (next(use)) found.push_back(use.text());
  return found;
}

}  // namespace trivium::units::workflows
