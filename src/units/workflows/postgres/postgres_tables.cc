#include "units/workflows/postgres/postgres_tables.h"

#include "units/workflows/store/columns.h"

namespace trivium::units::workflows {
namespace {

#define RUN_COLUMNS                                                                                        \
  "run_id, workflow_id, first_run_id, type, task_queue, worker, owner, status, attempt, fence, "           \
  "next_event_id, "                                                                                        \
  "last_task_started, history_bytes, parent_workflow_id, parent_run_id, parent_event_id, parent_close, "   \
  "started_ns, first_task_ns, run_deadline_ns, execution_deadline_ns, closed_ns, next_run_id, code_hash, " \
  "refused_hash, stays_reason, parked, "                                                                   \
  "retry_policy, cron_schedule, memo, search_attributes, outcome"

RunRow run_of(const Rows& rows, int row) {
  int column = 0;
  const auto text = [&] { return rows.text(row, column++); };
  const auto number = [&] { return rows.number(row, column++); };
  RunRow run;
  run.run_id = text();
  run.workflow_id = text();
  run.first_run_id = text();
  run.type = text();
  run.task_queue = text();
  run.worker = text();
  run.owner = text();
  run.status = static_cast<RunStatus>(number());
  run.attempt = number();
  run.fence = number();
  run.next_event_id = number();
  run.last_task_started = number();
  run.history_bytes = number();
  run.parent_workflow_id = text();
  run.parent_run_id = text();
  run.parent_event_id = number();
  run.parent_close = static_cast<ParentClosePolicy>(number());
  run.started_ns = number();
  run.first_task_ns = number();
  run.run_deadline_ns = number();
  run.execution_deadline_ns = number();
  run.closed_ns = number();
  run.next_run_id = text();
  run.code_hash = text();
  run.refused_hash = text();
  run.stays_reason = text();
  run.parked = text();
  run.retry_policy = text();
  run.cron_schedule = text();
  run.memo = text();
  run.search_attributes = text();
  run.outcome = text();
  return run;
}

std::vector<Cell> inserted(const RunRow& run) {
  return {run.run_id,
          run.workflow_id,
          run.first_run_id,
          run.type,
          run.task_queue,
          run.worker,
          run.owner,
          static_cast<int64_t>(run.status),
          run.attempt,
          run.fence,
          run.next_event_id,
          run.last_task_started,
          run.history_bytes,
          run.parent_workflow_id,
          run.parent_run_id,
          run.parent_event_id,
          static_cast<int64_t>(run.parent_close),
          run.started_ns,
          run.first_task_ns,
          run.run_deadline_ns,
          run.execution_deadline_ns,
          run.closed_ns,
          run.next_run_id,
          run.code_hash,
          run.refused_hash,
          run.stays_reason,
          run.parked,
          run.retry_policy,
          run.cron_schedule,
          run.memo,
          run.search_attributes,
          run.outcome};
}

std::vector<Cell> updated(const RunRow& run) {
  return {run.run_id,
          static_cast<int64_t>(run.status),
          run.fence,
          run.next_event_id,
          run.last_task_started,
          run.history_bytes,
          run.closed_ns,
          run.next_run_id,
          run.code_hash,
          run.refused_hash,
          run.stays_reason,
          run.parked,
          run.memo,
          run.search_attributes,
          run.outcome};
}

std::string str(std::string_view text) { return std::string(text); }

}  // namespace

PostgresTables::PostgresTables(Connection& connection, std::string channel)
    : connection_(connection), channel_(std::move(channel)) {}

const std::optional<Error>& PostgresTables::error() const {
  if (!error_ && connection_.error()) error_ = error_of(*connection_.error(), "in PostgreSQL");
  return error_;
}

// --- the transaction around the jobs ------------------------------------------------------------------

void PostgresTables::begin() {
  error_.reset();
  done_.clear();
  inserted_done_.clear();
  locked_.clear();
  connection_.send("BEGIN");
}

void PostgresTables::prefetch(const std::vector<std::string>& run_ids) {
  if (run_ids.empty()) return;
  // In one order for all, so that two runtimes do not wait for each other.
  const auto rows = connection_.query(
      "SELECT " RUN_COLUMNS " FROM runs WHERE run_id = ANY($1::text[]) ORDER BY run_id FOR NO KEY UPDATE",
      std::array{Parameter::texts(run_ids)});
  for (int row = 0; rows && row < rows->count(); ++row) remember(run_of(*rows, row));
}

void PostgresTables::begin_job(bool read_only) {
  job_.clear();
  inserted_job_.clear();
  touched_.clear();
  savepoint_ = false;
  read_only_ = read_only;
}

void PostgresTables::end_job(bool succeeded) {
  if (succeeded) {
    done_.append(std::move(job_));
    inserted_done_.merge(inserted_job_);
  } else {
    job_.clear();
    if (savepoint_) connection_.send("ROLLBACK TO SAVEPOINT job");
    for (const std::string& id : touched_) locked_.erase(id);
  }
  if (savepoint_) connection_.send("RELEASE SAVEPOINT job");
  savepoint_ = false;
}

void PostgresTables::flush() {
  done_.send(connection_);
  inserted_done_.clear();
}

void PostgresTables::enter_savepoint() {
  flush();
  if (!savepoint_) connection_.send("SAVEPOINT job");
  savepoint_ = true;
}

void PostgresTables::send_pending() {
  if (job_.empty()) return flush();
  enter_savepoint();
  job_.send(connection_);
  inserted_job_.clear();
}

void PostgresTables::write(Write kind, std::vector<Cell> row) {
  ++writes_;
  job_.add(kind, std::move(row));
}

std::optional<Rows> PostgresTables::read(const char* sql, std::initializer_list<Parameter> parameters) {
  send_pending();
  return connection_.query(sql, {parameters.begin(), parameters.size()});
}

std::optional<Rows> PostgresTables::change(const char* sql, std::initializer_list<Parameter> parameters) {
  ++writes_;
  enter_savepoint();
  return read(sql, parameters);
}

// --- runs -------------------------------------------------------------------------------------------

std::vector<RunRow> PostgresTables::runs(const std::optional<Rows>& rows) {
  std::vector<RunRow> found;
  if (!rows) return found;
  found.reserve(static_cast<size_t>(rows->count()));
  for (int row = 0; row < rows->count(); ++row) found.push_back(run_of(*rows, row));
  return found;
}

void PostgresTables::remember(const RunRow& run) { locked_.insert_or_assign(run.run_id, run); }

std::optional<RunRow> PostgresTables::current_run(std::string_view workflow_id) {
  if (read_only_) {
    std::vector<RunRow> found =
        runs(read("SELECT " RUN_COLUMNS " FROM runs WHERE workflow_id = $1 ORDER BY number DESC LIMIT 1",
                  {workflow_id}));
    return found.empty() ? std::nullopt : std::optional(std::move(found.front()));
  }
  std::string last;
  for (;;) {
    std::vector<RunRow> found =
        runs(read("SELECT " RUN_COLUMNS
                  " FROM runs WHERE workflow_id = $1 ORDER BY number DESC LIMIT 1 FOR NO KEY UPDATE",
                  {workflow_id}));
    if (found.empty()) return std::nullopt;
    RunRow& run = found.front();
    // It may have ended while we waited for its lock, and its successor is not the row we waited for.
    if (run.status == RunStatus::running || run.run_id == last) {
      remember(run);
      return std::move(run);
    }
    last = run.run_id;
  }
}

std::optional<RunRow> PostgresTables::run(std::string_view run_id) {
  if (const auto at = locked_.find(str(run_id)); at != locked_.end()) return at->second;
  std::vector<RunRow> found =
      read_only_
          ? runs(read("SELECT " RUN_COLUMNS " FROM runs WHERE run_id = $1", {run_id}))
          : runs(read("SELECT " RUN_COLUMNS " FROM runs WHERE run_id = $1 FOR NO KEY UPDATE", {run_id}));
  if (found.empty()) return std::nullopt;
  if (!read_only_) remember(found.front());
  return std::move(found.front());
}

std::vector<RunRow> PostgresTables::find_runs(const std::vector<std::string>& run_ids) {
  if (read_only_) return Tables::find_runs(run_ids);
  std::vector<std::string> unknown;
  for (const std::string& id : run_ids) {
    if (!locked_.contains(id)) unknown.push_back(id);
  }
  if (!unknown.empty()) {
    send_pending();
    prefetch(unknown);
  }
  std::vector<RunRow> found;
  found.reserve(run_ids.size());
  for (const std::string& id : run_ids) {
    if (const auto at = locked_.find(id); at != locked_.end()) found.push_back(at->second);
  }
  return found;
}

std::vector<RunRow> PostgresTables::open_children(std::string_view parent_run_id) {
  return runs(
      read("SELECT " RUN_COLUMNS
           " FROM runs WHERE parent_run_id = $1 AND status = 0 AND parent_run_id <> '' ORDER BY number",
           {parent_run_id}));
}

std::vector<RunRow> PostgresTables::list_runs(const RunFilter& filter, int64_t limit, int64_t offset) {
  return runs(read(
      "SELECT " RUN_COLUMNS
      " FROM runs WHERE ($1::bigint < 0 OR status = $1) AND ($2::bigint = 0 OR (status = 0 AND parked <> "
      "'')) "
      "AND ($3::text = '' OR type = $3) AND started_ns >= $4::bigint AND ($5::bigint = 0 OR started_ns < $5) "
      "ORDER BY number DESC LIMIT CASE WHEN $6::bigint < 0 THEN NULL ELSE $6 END OFFSET $7::bigint",
      {filter.status ? static_cast<int64_t>(*filter.status) : int64_t{-1}, int64_t{filter.parked},
       filter.type, filter.started_from_ns, filter.started_before_ns, limit, offset}));
}

void PostgresTables::insert_run(const RunRow& run) {
  write(Write::insert_run, inserted(run));
  inserted_job_.insert(run.run_id);
  touched_.insert(run.run_id);
  remember(run);
}

void PostgresTables::update_run(const RunRow& run) {
  touched_.insert(run.run_id);
  remember(run);
  // Not sent yet: then it is inserted as it is now.
  if (inserted_job_.contains(run.run_id)) return write(Write::insert_run, inserted(run));
  if (inserted_done_.contains(run.run_id)) flush();
  write(Write::update_run, updated(run));
}

int64_t PostgresTables::delete_closed_runs(int64_t closed_before_ns, int64_t limit) {
  const auto rows = read(
      "SELECT run_id FROM runs WHERE status <> 0 AND closed_ns < $1 ORDER BY closed_ns LIMIT $2 "
      "FOR UPDATE SKIP LOCKED",
      {closed_before_ns, limit});
  if (!rows || rows->count() == 0) return 0;
  std::vector<std::string> ids;
  ids.reserve(static_cast<size_t>(rows->count()));
  for (int row = 0; row < rows->count(); ++row) ids.push_back(rows->text(row, 0));
  const Parameter gone = Parameter::texts(ids);
  for (const char* sql : {"DELETE FROM activities WHERE run_id = ANY($1::text[])",
                          "DELETE FROM timers WHERE run_id = ANY($1::text[])",
                          "DELETE FROM inbound WHERE run_id = ANY($1::text[])",
                          "DELETE FROM history WHERE run_id = ANY($1::text[])",
                          "DELETE FROM requests WHERE run_id = ANY($1::text[])",
                          "DELETE FROM runs WHERE run_id = ANY($1::text[])"}) {
    change(sql, {gone});
  }
  for (const std::string& id : ids) locked_.erase(id);
  return rows->count();
}

// --- history ----------------------------------------------------------------------------------------

void PostgresTables::append_history(std::string_view run_id, int64_t first_event_id, int64_t count,
                                    std::string_view events) {
  write(Write::append_history, {str(run_id), first_event_id, count, str(events)});
}

std::vector<std::string> PostgresTables::history(std::string_view run_id, int64_t from_event_id,
                                                 int64_t max_batches) {
  const auto rows = read(
      "SELECT events FROM history WHERE run_id = $1 AND first_event_id + count > $2::bigint "
      "ORDER BY first_event_id LIMIT CASE WHEN $3::bigint < 0 THEN NULL ELSE $3 END",
      {run_id, from_event_id, max_batches});
  std::vector<std::string> batches;
  if (!rows) return batches;
  batches.reserve(static_cast<size_t>(rows->count()));
  for (int row = 0; row < rows->count(); ++row) batches.push_back(rows->text(row, 0));
  return batches;
}

// --- inbound ----------------------------------------------------------------------------------------

int64_t PostgresTables::insert_inbound(std::string_view run_id, std::string_view request_id,
                                       const InboundRow& inbound) {
  if (!request_id.empty()) {
    const auto seen = change(
        "INSERT INTO requests (run_id, request_id) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING run_id",
        {run_id, request_id});
    if (!seen || seen->count() == 0) return 0;
  }
  const auto rows = change(
      "INSERT INTO inbound (run_id, type, time_ns, attributes) VALUES ($1, $2, $3, $4) RETURNING sequence",
      {run_id, event_name(inbound.type), inbound.time_ns, json_text_of(inbound.attributes)});
  return rows ? rows->number(0, 0) : 0;
}

void PostgresTables::delete_inbound(std::string_view run_id, int64_t sequence) {
  write(Write::delete_inbound, {str(run_id), sequence});
}

// --- activities and timers ----------------------------------------------------------------------------

void PostgresTables::insert_activity(std::string_view run_id, const ActivityRow& activity) {
  write(Write::insert_activity,
        {str(run_id), activity.scheduled_event_id, activity.scheduled_ns, activity.attempt,
         int64_t{activity.started}, activity.next_attempt_ns, int64_t{activity.cancel_requested},
         json_text_of(activity.scheduled), activity.last_failure, activity.heartbeat});
}

void PostgresTables::update_activity(std::string_view run_id, const ActivityRow& activity) {
  write(Write::update_activity,
        {str(run_id), activity.scheduled_event_id, activity.attempt, int64_t{activity.started},
         activity.next_attempt_ns, int64_t{activity.cancel_requested}, activity.last_failure,
         activity.heartbeat});
}

void PostgresTables::delete_activity(std::string_view run_id, int64_t scheduled_event_id) {
  write(Write::delete_activity, {str(run_id), scheduled_event_id});
}

void PostgresTables::insert_timer(std::string_view run_id, const TimerRow& timer) {
  write(Write::insert_timer, {str(run_id), timer.started_event_id, timer.timer_id, timer.due_ns});
}

void PostgresTables::delete_timer(std::string_view run_id, int64_t started_event_id) {
  write(Write::delete_timer, {str(run_id), started_event_id});
}

void PostgresTables::delete_pending(std::string_view run_id) {
  write(Write::delete_all_attempts, {channel_, str(run_id)});
  for (const Write kind : {Write::delete_activities, Write::delete_timers, Write::delete_inbounds}) {
    write(kind, {str(run_id)});
  }
}

// --- operations -------------------------------------------------------------------------------------

int64_t PostgresTables::insert_operation(const OperationRow& operation) {
  const auto rows =
      change("INSERT INTO operations (type, workflow_id, attributes) VALUES ($1, $2, $3) RETURNING sequence",
             {event_name(operation.type), operation.workflow_id, json_text_of(operation.attributes)});
  return rows ? rows->number(0, 0) : 0;
}

std::vector<OperationRow> PostgresTables::operations() {
  const auto rows = read(
      "SELECT sequence, type, workflow_id, attributes FROM operations WHERE outcome IS NULL ORDER BY "
      "sequence");
  std::vector<OperationRow> found;
  for (int row = 0; rows && row < rows->count(); ++row) {
    found.push_back(
        {rows->number(row, 0), event_type(rows->text(row, 1)), rows->text(row, 2), rows->object(row, 3)});
  }
  return found;
}

void PostgresTables::finish_operation(int64_t sequence, std::string_view outcome) {
  write(Write::finish_operation, {sequence, str(outcome)});
}

std::string PostgresTables::take_outcome(int64_t sequence) {
  const auto rows = change(
      "DELETE FROM operations WHERE sequence = $1 AND outcome IS NOT NULL RETURNING outcome", {sequence});
  return rows && rows->count() > 0 ? rows->text(0, 0) : "";
}

}  // namespace trivium::units::workflows
