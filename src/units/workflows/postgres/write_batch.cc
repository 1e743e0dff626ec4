#include "units/workflows/postgres/write_batch.h"

#include <algorithm>

namespace trivium::units::workflows {
namespace {

struct Description {
  Write kind;
  size_t keys;  // so many cells at the front name the row, if a later write replaces an earlier one
  const char* sql;
};

#define TELL_TAKERS "SELECT pg_notify(channel, 'wake ' || taker) FROM told WHERE taker <> ''"

constexpr Description descriptions[] = {
    {Write::update_run, 1,
     "UPDATE runs r SET status = d.status, fence = d.fence, next_event_id = d.next_event_id, "
     "last_task_started = d.last_task_started, history_bytes = d.history_bytes, closed_ns = d.closed_ns, "
     "next_run_id = d.next_run_id, code_hash = d.code_hash, refused_hash = d.refused_hash, "
     "stays_reason = d.stays_reason, parked = d.parked, memo = d.memo, search_attributes = "
     "d.search_attributes, outcome = d.outcome "
     "FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], "
     "$7::bigint[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], "
     "$15::text[]) "
     "AS d(run_id, status, fence, next_event_id, last_task_started, history_bytes, closed_ns, next_run_id, "
     "code_hash, refused_hash, stays_reason, parked, memo, search_attributes, outcome) WHERE r.run_id = "
     "d.run_id"},
    {Write::insert_run, 1,
     "INSERT INTO runs (run_id, workflow_id, first_run_id, type, task_queue, worker, owner, status, attempt, "
     "fence, next_event_id, last_task_started, history_bytes, parent_workflow_id, parent_run_id, "
     "parent_event_id, parent_close, started_ns, first_task_ns, run_deadline_ns, execution_deadline_ns, "
     "closed_ns, next_run_id, code_hash, refused_hash, stays_reason, parked, retry_policy, cron_schedule, "
     "memo, search_attributes, "
     "outcome) "
     "SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], "
     "$7::text[], "
     "$8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::text[], "
     "$15::text[], $16::bigint[], $17::bigint[], $18::bigint[], $19::bigint[], $20::bigint[], $21::bigint[], "
     "$22::bigint[], $23::text[], $24::text[], $25::text[], $26::text[], $27::text[], $28::text[], "
     "$29::text[], $30::text[], $31::text[], $32::text[])"},
    {Write::append_history, 0,
     "INSERT INTO history (run_id, first_event_id, count, events) "
     "SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[])"},
    {Write::insert_activity, 2,
     "INSERT INTO activities (run_id, scheduled_event_id, scheduled_ns, attempt, started, next_attempt_ns, "
     "cancel_requested, scheduled, last_failure, heartbeat) SELECT * FROM unnest($1::text[], $2::bigint[], "
     "$3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::text[], $9::text[], "
     "$10::text[])"},
    {Write::insert_timer, 0,
     "INSERT INTO timers (run_id, started_event_id, timer_id, due_ns) "
     "SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::bigint[]) "
     "ON CONFLICT (run_id, started_event_id) DO UPDATE SET due_ns = excluded.due_ns"},
    {Write::insert_source, 2,
     "INSERT INTO sources (hash, entry_id, source) SELECT * FROM unnest($1::text[], $2::text[], $3::text[]) "
     "ON CONFLICT DO NOTHING"},
    {Write::insert_attempt, 0,
     "INSERT INTO attempts (run_id, scheduled_event_id, attempt, task_queue) "
     "SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[]) ON CONFLICT DO NOTHING"},
    {Write::update_activity, 2,
     "UPDATE activities a SET attempt = d.attempt, started = d.started, next_attempt_ns = d.next_attempt_ns, "
     "cancel_requested = greatest(a.cancel_requested, d.cancel_requested), last_failure = d.last_failure, "
     "heartbeat = d.heartbeat "
     "FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], "
     "$7::text[], $8::text[]) "
     "AS d(run_id, scheduled_event_id, attempt, started, next_attempt_ns, cancel_requested, last_failure, "
     "heartbeat) "
     "WHERE a.run_id = d.run_id AND a.scheduled_event_id = d.scheduled_event_id"},
    {Write::cancel_attempts, 0,
     "WITH told AS (UPDATE attempts a SET cancel_requested = 1 FROM unnest($1::text[], $2::text[], "
     "$3::bigint[]) AS d(channel, run_id, id) WHERE a.run_id = d.run_id AND a.scheduled_event_id = d.id "
     "RETURNING d.channel, a.taker) " TELL_TAKERS},
    {Write::delete_activity, 0,
     "DELETE FROM activities a USING unnest($1::text[], $2::bigint[]) AS d(run_id, id) "
     "WHERE a.run_id = d.run_id AND a.scheduled_event_id = d.id"},
    {Write::delete_timer, 0,
     "DELETE FROM timers t USING unnest($1::text[], $2::bigint[]) AS d(run_id, id) "
     "WHERE t.run_id = d.run_id AND t.started_event_id = d.id"},
    {Write::delete_inbound, 0,
     "DELETE FROM inbound i USING unnest($1::text[], $2::bigint[]) AS d(run_id, id) "
     "WHERE i.sequence = d.id AND i.run_id = d.run_id"},
    {Write::delete_attempts, 0,
     "WITH told AS (DELETE FROM attempts a USING unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[]) "
     "AS d(channel, run_id, id, last) WHERE a.run_id = d.run_id AND a.scheduled_event_id = d.id AND "
     "a.attempt <= d.last RETURNING d.channel, a.taker) " TELL_TAKERS},
    {Write::delete_all_attempts, 0,
     "WITH told AS (DELETE FROM attempts a USING unnest($1::text[], $2::text[]) AS d(channel, run_id) WHERE "
     "a.run_id = d.run_id RETURNING d.channel, a.taker) " TELL_TAKERS},
    {Write::delete_activities, 0, "DELETE FROM activities WHERE run_id = ANY($1::text[])"},
    {Write::delete_timers, 0, "DELETE FROM timers WHERE run_id = ANY($1::text[])"},
    {Write::delete_inbounds, 0, "DELETE FROM inbound WHERE run_id = ANY($1::text[])"},
    {Write::finish_operation, 0,
     "UPDATE operations o SET outcome = d.outcome FROM unnest($1::bigint[], $2::text[]) AS d(id, outcome) "
     "WHERE o.sequence = d.id"},
    {Write::wake, 2,
     "INSERT INTO wakeups (owner, run_id) SELECT d.owner, d.run_id FROM unnest($1::text[], $2::text[]) AS "
     "d(owner, run_id) WHERE EXISTS (SELECT 1 FROM runtimes o WHERE o.id = d.owner)"},
    {Write::notify, 2,
     "SELECT pg_notify(c, CASE WHEN p LIKE 'wake %' AND NOT EXISTS (SELECT 1 FROM runtimes o WHERE o.id = "
     "substr(p, 6)) THEN 'free' ELSE p END) FROM unnest($1::text[], $2::text[]) AS n(c, p)"},
};

constexpr bool in_order() {
  for (size_t i = 0; i < std::size(descriptions); ++i) {
    if (static_cast<size_t>(descriptions[i].kind) != i) return false;
  }
  return std::size(descriptions) == write_kinds;
}
static_assert(in_order());

}  // namespace

void WriteBatch::add(Write kind, std::vector<Cell> row) {
  std::vector<std::vector<Cell>>& rows = rows_[static_cast<size_t>(kind)];
  if (const size_t keys = descriptions[static_cast<size_t>(kind)].keys; keys > 0) {
    const auto same = [&](const std::vector<Cell>& other) {
      return std::equal(row.begin(), row.begin() + static_cast<std::ptrdiff_t>(keys), other.begin());
    };
    // The one that is replaced is most likely among the last.
    const auto at = std::find_if(rows.rbegin(), rows.rend(), same);
    if (at != rows.rend()) {
      *at = std::move(row);
      return;
    }
  }
  rows.push_back(std::move(row));
  ++count_;
}

void WriteBatch::append(WriteBatch&& other) {
  if (other.empty()) return;
  for (size_t kind = 0; kind < write_kinds; ++kind) {
    for (std::vector<Cell>& row : other.rows_[kind]) add(static_cast<Write>(kind), std::move(row));
  }
  other.clear();
}

void WriteBatch::clear() {
  for (auto& rows : rows_) rows.clear();
  count_ = 0;
}

void WriteBatch::send(Connection& connection) {
  if (count_ == 0) return;
  std::vector<Parameter> parameters;
  for (size_t kind = 0; kind < write_kinds; ++kind) {
    const std::vector<std::vector<Cell>>& rows = rows_[kind];
    if (rows.empty()) continue;
    parameters.clear();
    for (size_t column = 0; column < rows.front().size(); ++column) {
      parameters.push_back(Parameter::column(rows, column));
    }
    connection.send(descriptions[kind].sql, parameters);
  }
  clear();
}

}  // namespace trivium::units::workflows
