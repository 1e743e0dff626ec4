// Leases and wake-ups: what several runtimes on one database tell each other.
#include <algorithm>

#include "units/workflows/postgres/postgres_tables.h"

namespace trivium::units::workflows {
namespace {

int64_t milliseconds(Duration duration) {
  return std::chrono::ceil<std::chrono::milliseconds>(duration).count();
}

}  // namespace

void PostgresTables::wake(const RunRow& run) {
  if (run.owner.empty()) {
    if (run.status == RunStatus::running) write(Write::notify, {channel_, std::string("free")});
  } else {  // if it is gone, neither reaches it: then this becomes "free"
    write(Write::wake, {run.owner, run.run_id});
    write(Write::notify, {channel_, "wake " + run.owner});
  }
}

void PostgresTables::announce_end() { write(Write::notify, {channel_, std::string("end")}); }

int64_t PostgresTables::now_ns() {
  const auto rows = read("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint");
  return rows ? rows->number(0, 0) * 1000 : 0;
}

void PostgresTables::show_life(const std::string& runtime_id) {
  if (alive_ == runtime_id) return;
  if (read("SELECT pg_advisory_lock_shared(hashtextextended($1, 7))", {runtime_id})) alive_ = runtime_id;
}

void PostgresTables::join(const RuntimeRow& runtime, Duration lease) {
  show_life(runtime.id);
  change(
      "INSERT INTO runtimes (id, name, task_queue, types, renewed_at, lease_until) VALUES ($1, $2, $3, $4, "
      "clock_timestamp(), clock_timestamp() + $5::bigint * interval '1 millisecond') ON CONFLICT DO NOTHING",
      {runtime.id, runtime.name, runtime.task_queue, Parameter::texts(runtime.types), milliseconds(lease)});
}

bool PostgresTables::renew(const RuntimeRow& runtime, Duration lease) {
  show_life(runtime.id);
  const auto rows = change(
      "UPDATE runtimes SET renewed_at = clock_timestamp(), "
      "lease_until = clock_timestamp() + $2::bigint * interval '1 millisecond', types = $3 WHERE id = $1 "
      "RETURNING id",
      {runtime.id, milliseconds(lease), Parameter::texts(runtime.types)});
  return !rows || rows->count() > 0;
}

void PostgresTables::leave(const std::string& runtime_id) {
  change("DELETE FROM runtimes WHERE id = $1", {runtime_id});
  change("DELETE FROM wakeups WHERE owner = $1", {runtime_id});
  write(Write::notify, {channel_, std::string("free")});
}

int64_t PostgresTables::bury(const std::string& runtime_id, Duration lease) {
  // One whose session is over gave no sign of life for a while either: it did not only reconnect.
  const auto rows = change(
      "WITH quiet AS MATERIALIZED (SELECT id, lease_until FROM runtimes WHERE id <> $1 "
      "AND renewed_at < clock_timestamp() - $2::bigint * interval '1 millisecond' / 5 "
      "AND pg_postmaster_start_time() < clock_timestamp() - $2::bigint * interval '1 millisecond' "
      "FOR UPDATE SKIP LOCKED), "
      "dead AS MATERIALIZED (SELECT id FROM quiet WHERE CASE WHEN lease_until < clock_timestamp() THEN true "
      "ELSE pg_try_advisory_xact_lock(hashtextextended(id, 7)) END) "
      "DELETE FROM runtimes WHERE id IN (SELECT id FROM dead) RETURNING id",
      {runtime_id, milliseconds(lease)});
  if (!rows || rows->count() == 0) return 0;
  for (int row = 0; row < rows->count(); ++row) {
    const std::string dead = rows->text(row, 0);
    change("DELETE FROM wakeups WHERE owner = $1", {dead});
  }
  write(Write::notify, {channel_, std::string("free")});
  return rows->count();
}

std::vector<std::string> PostgresTables::runtimes() {
  std::vector<std::string> found;
  const auto rows = read("SELECT id FROM runtimes");
  if (!rows) return found;
  found.reserve(static_cast<size_t>(rows->count()));
  for (int row = 0; row < rows->count(); ++row) found.push_back(rows->text(row, 0));
  std::sort(found.begin(), found.end());
  return found;
}

std::vector<std::string> PostgresTables::served_queues() {
  std::vector<std::string> found;
  const auto rows = read("SELECT DISTINCT task_queue FROM runtimes WHERE lease_until > clock_timestamp()");
  for (int row = 0; rows && row < rows->count(); ++row) found.push_back(rows->text(row, 0));
  return found;
}

// --- runs ---------------------------------------------------------------------------------------------

std::vector<RunRow> PostgresTables::changed_runs(const std::optional<Rows>& ids) {
  if (!ids) return {};
  std::vector<std::string> found = texts_of(ids);
  for (const std::string& id : found) locked_.erase(id);
  return find_runs(found);
}

// Code that only others have is theirs to run; what nobody has is parked by whoever comes.
#define CAN_RUN(runtime_id, queue, types)                                       \
  " r.task_queue = " queue " AND (r.type = ANY(" types                          \
  "::text[]) OR NOT EXISTS (SELECT 1 FROM runtimes o WHERE o.id <> " runtime_id \
  " AND o.task_queue = r.task_queue AND r.type = ANY(o.types))) "
#define NOBODYS " NOT EXISTS (SELECT 1 FROM runtimes o WHERE o.id = r.owner) "
// Arrays of ids, and nothing that an index could be used for but run_id, because otherwise the database may
// begin with all runs there are.
#define TAKE                                                                                                 \
  "UPDATE runs SET owner = $1, fence = fence + 1, "                                                          \
  "worker = CASE WHEN last_task_started = 0 THEN $3 ELSE worker END WHERE run_id = ANY(ARRAY(SELECT run_id " \
  "FROM runs r WHERE" CAN_RUN("$1", "$2", "$4") "AND"
#define HAS_WORK                                                                                          \
  " status + 0 = 0 AND run_id = ANY(ARRAY(SELECT run_id FROM inbound i WHERE NOT EXISTS (SELECT 1 FROM "  \
  "timers t WHERE t.run_id = i.run_id AND t.started_event_id = 0) UNION SELECT run_id FROM activities a " \
  "WHERE NOT EXISTS (SELECT 1 FROM timers t WHERE t.run_id = a.run_id AND t.started_event_id = "          \
  "-a.scheduled_event_id) "                                                                               \
  "UNION SELECT run_id FROM attempts a WHERE a.outcome <> '' OR (a.called = 1 AND NOT EXISTS (SELECT 1 "  \
  "FROM runtimes o WHERE o.id = a.taker)) "                                                               \
  "UNION "                                                                                                \
  "SELECT run_id FROM runs WHERE status = 0 AND parked <> '')) "

std::vector<RunRow> PostgresTables::claim(const RuntimeRow& runtime, int64_t limit) {
  const auto ids = change(
      TAKE
      " status = 0 AND owner = '' ORDER BY number LIMIT $5 FOR NO KEY UPDATE SKIP LOCKED)) RETURNING run_id",
      {runtime.id, runtime.task_queue, runtime.worker, Parameter::texts(runtime.types), limit});
  return changed_runs(ids);
}

std::vector<RunRow> PostgresTables::claim_orphans(const RuntimeRow& runtime, int64_t limit) {
  const auto ids =
      change(TAKE NOBODYS "AND" HAS_WORK "LIMIT $5 FOR NO KEY UPDATE SKIP LOCKED)) RETURNING run_id",
             {runtime.id, runtime.task_queue, runtime.worker, Parameter::texts(runtime.types), limit});
  return changed_runs(ids);
}

std::vector<RunRow> PostgresTables::take(const RuntimeRow& runtime, const std::vector<std::string>& run_ids) {
  std::vector<RunRow> ours = find_runs(run_ids);
  std::vector<std::string> others;
  for (const RunRow& run : ours) {
    if (run.status == RunStatus::running && run.owner != runtime.id) others.push_back(run.run_id);
  }
  std::erase_if(
      ours, [&](const RunRow& run) { return run.status != RunStatus::running || run.owner != runtime.id; });
  if (others.empty()) return ours;
  const auto ids = change(TAKE NOBODYS "AND status = 0 AND run_id = ANY($5::text[]))) RETURNING run_id",
                          {runtime.id, runtime.task_queue, runtime.worker, Parameter::texts(runtime.types),
                           Parameter::texts(others)});
  for (RunRow& run : changed_runs(ids)) ours.push_back(std::move(run));
  return ours;
}

DuePage PostgresTables::due_after(const Due& after, int64_t limit, const RuntimeRow* runtime) {
  // Only so many rows are looked at, whatever becomes of them: those of others may be the most.
  constexpr const char* select =
      "SELECT t.due_ns, t.run_id, (r.parked = '' OR t.started_event_id = -1) AND ($4::text = '' OR r.owner = "
      "$4 OR (" NOBODYS "AND" CAN_RUN("$4", "$5", "$6")
      ")) FROM (SELECT due_ns, run_id, started_event_id FROM timers WHERE (due_ns, run_id COLLATE \"C\") > "
      "($1::bigint, $2::text) ORDER BY due_ns, run_id COLLATE \"C\" LIMIT $3) t "
      "JOIN runs r ON r.run_id = t.run_id ORDER BY t.due_ns, t.run_id COLLATE \"C\"";
  const std::vector<std::string> none;
  const auto rows = read(select, {after.due_ns, after.run_id, limit, runtime != nullptr ? runtime->id : "",
                                  runtime != nullptr ? runtime->task_queue : "",
                                  Parameter::texts(runtime != nullptr ? runtime->types : none)});
  DuePage page{{}, after, true};
  if (!rows) return page;
  for (int row = 0; row < rows->count(); ++row) {
    page.end = {rows->number(row, 0), rows->text(row, 1)};
    if (rows->flag(row, 2)) page.due.push_back(page.end);
  }
  page.last = rows->count() < limit;
  return page;
}

std::vector<std::string> PostgresTables::runs_with_work(std::string_view owner, std::string_view after_run_id,
                                                        int64_t limit) {
  const auto rows = read("SELECT run_id FROM runs WHERE owner || '' = $1 AND run_id > $2 AND" HAS_WORK
                         "ORDER BY run_id LIMIT $3",
                         {owner, after_run_id, limit});
  return texts_of(rows);
}

std::vector<std::string> PostgresTables::take_wakeups(const std::string& runtime_id) {
  const auto rows = read("SELECT 1 FROM wakeups WHERE owner = $1 LIMIT 1", {runtime_id});
  if (!rows || rows->count() == 0) return {};
  std::vector<std::string> found =
      texts_of(change("DELETE FROM wakeups WHERE owner = $1 RETURNING run_id", {runtime_id}));
  std::sort(found.begin(), found.end());  // each once
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

std::vector<RunRow> PostgresTables::ended(const std::vector<std::string>& first_run_ids) {
  if (first_run_ids.empty()) return {};
  return find_runs(texts_of(read(
      "SELECT run_id FROM runs WHERE first_run_id = ANY($1::text[]) AND status <> 0 AND next_run_id = ''",
      {Parameter::texts(first_run_ids)})));
}

}  // namespace trivium::units::workflows
