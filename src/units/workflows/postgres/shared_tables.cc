// Leases and wake-ups: what several runtimes on one database tell each other.
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
  } else {
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
      "lease_until = clock_timestamp() + $2::bigint * interval '1 millisecond' WHERE id = $1 RETURNING id",
      {runtime.id, milliseconds(lease)});
  return !rows || rows->count() > 0;
}

void PostgresTables::leave(const std::string& runtime_id) {
  change("DELETE FROM runtimes WHERE id = $1", {runtime_id});
  change("DELETE FROM wakeups WHERE owner = $1", {runtime_id});
  change("UPDATE runs SET owner = '', fence = fence + 1 WHERE owner = $1 AND status = 0", {runtime_id});
  write(Write::notify, {channel_, std::string("free")});
  locked_.clear();
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
    change("UPDATE runs SET owner = '', fence = fence + 1 WHERE owner = $1 AND status = 0", {dead});
  }
  write(Write::notify, {channel_, std::string("free")});
  locked_.clear();
  return rows->count();
}

void PostgresTables::release_orphans() {
  change(
      "UPDATE runs SET owner = '', fence = fence + 1 WHERE status = 0 AND owner <> '' "
      "AND NOT EXISTS (SELECT 1 FROM runtimes WHERE runtimes.id = runs.owner)");
  locked_.clear();
}

int64_t PostgresTables::others(const std::string& runtime_id) {
  const auto rows = read("SELECT count(*) FROM runtimes WHERE id <> $1", {runtime_id});
  return rows ? rows->number(0, 0) : 0;
}

std::vector<RunRow> PostgresTables::claim(const RuntimeRow& runtime, int64_t limit) {
  // Code that only others have is theirs to run; what nobody has is parked by whoever comes.
  const auto rows = change(
      "UPDATE runs SET owner = $1, fence = fence + 1, "
      "worker = CASE WHEN last_task_started = 0 THEN $3 ELSE worker END "
      "WHERE run_id IN (SELECT run_id FROM runs r WHERE status = 0 AND owner = '' AND task_queue = $2 AND "
      "(type = ANY($4::text[]) OR NOT EXISTS (SELECT 1 FROM runtimes o WHERE o.task_queue = r.task_queue "
      "AND r.type = ANY(o.types))) ORDER BY number LIMIT $5 FOR NO KEY UPDATE SKIP LOCKED) RETURNING run_id",
      {runtime.id, runtime.task_queue, runtime.worker, Parameter::texts(runtime.types), limit});
  std::vector<RunRow> claimed;
  for (int row = 0; rows && row < rows->count(); ++row) {
    locked_.erase(rows->text(row, 0));
    if (std::optional<RunRow> run = this->run(rows->text(row, 0))) claimed.push_back(std::move(*run));
  }
  return claimed;
}

std::vector<RunRow> PostgresTables::owned(const std::string& runtime_id) {
  std::vector<RunRow> found;
  const auto rows = read("SELECT run_id FROM runs WHERE owner = $1 AND status = 0", {runtime_id});
  for (int row = 0; rows && row < rows->count(); ++row) {
    if (std::optional<RunRow> run = this->run(rows->text(row, 0))) found.push_back(std::move(*run));
  }
  return found;
}

std::vector<std::string> PostgresTables::take_wakeups(const std::string& runtime_id) {
  std::vector<std::string> found;
  const auto rows = read("SELECT DISTINCT run_id FROM wakeups WHERE owner = $1", {runtime_id});
  if (!rows || rows->count() == 0) return found;
  const auto taken = change("DELETE FROM wakeups WHERE owner = $1 RETURNING run_id", {runtime_id});
  for (int row = 0; taken && row < taken->count(); ++row) found.push_back(taken->text(row, 0));
  return found;
}

std::vector<RunRow> PostgresTables::ended(const std::vector<std::string>& first_run_ids) {
  std::vector<RunRow> found;
  if (first_run_ids.empty()) return found;
  const auto rows = read(
      "SELECT run_id FROM runs WHERE first_run_id = ANY($1::text[]) AND status <> 0 AND next_run_id = ''",
      {Parameter::texts(first_run_ids)});
  for (int row = 0; rows && row < rows->count(); ++row) {
    if (std::optional<RunRow> run = this->run(rows->text(row, 0))) found.push_back(std::move(*run));
  }
  return found;
}

}  // namespace trivium::units::workflows
