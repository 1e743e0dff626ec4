// Tables over one PostgreSQL connection. What jobs write is gathered and sent for all of them together;
// reads see it, because they send it before them. A run is locked when it is read, unless the job only
// reads.
#pragma once

#include <unordered_map>
#include <unordered_set>

#include "units/workflows/postgres/connection.h"
#include "units/workflows/postgres/write_batch.h"
#include "units/workflows/store/shared_tables.h"
#include "units/workflows/store/tables.h"

namespace trivium::units::workflows {

class PostgresTables final : public Tables, public SharedTables {
 public:
  // `connection` outlives this. Runtimes are told of changes through `channel`.
  PostgresTables(Connection& connection, std::string channel);

  // --- the transaction around the jobs ----------------------------------------------------------------
  void begin();
  // Reads and locks these runs at once, for jobs that will want them.
  void prefetch(const std::vector<std::string>& run_ids);
  void begin_job(bool read_only);
  // False: what the job did is undone.
  void end_job(bool succeeded);
  // Sends what is left. The transaction is committed by the caller.
  void flush();

  // --- Tables -----------------------------------------------------------------------------------------
  const std::optional<Error>& error() const override;
  int64_t writes() const override { return writes_; }
  std::optional<RunRow> current_run(std::string_view workflow_id) override;
  std::optional<RunRow> run(std::string_view run_id) override;
  std::vector<RunRow> find_runs(const std::vector<std::string>& run_ids) override;
  std::vector<RunRow> open_children(std::string_view parent_run_id) override;
  std::vector<RunRow> list_runs(const RunFilter& filter, int64_t limit, int64_t offset) override;
  void insert_run(const RunRow& run) override;
  void update_run(const RunRow& run) override;
  int64_t delete_closed_runs(int64_t closed_before_ns, int64_t limit) override;
  DuePage due_after(const Due& after, int64_t limit, const RuntimeRow* runtime) override;
  std::vector<std::string> runs_with_work(std::string_view owner, std::string_view after_run_id,
                                          int64_t limit) override;
  void append_history(std::string_view run_id, int64_t first_event_id, int64_t count,
                      std::string_view events) override;
  std::vector<std::string> history(std::string_view run_id, int64_t from_event_id,
                                   int64_t max_batches) override;
  int64_t insert_inbound(std::string_view run_id, std::string_view request_id,
                         const InboundRow& inbound) override;
  std::vector<InboundRow> inbound(std::string_view run_id) override;
  void delete_inbound(std::string_view run_id, int64_t sequence) override;
  std::vector<ActivityRow> activities(std::string_view run_id) override;
  void insert_activity(std::string_view run_id, const ActivityRow& activity) override;
  void update_activity(std::string_view run_id, const ActivityRow& activity) override;
  void delete_activity(std::string_view run_id, int64_t scheduled_event_id) override;
  std::vector<TimerRow> timers(std::string_view run_id) override;
  void insert_timer(std::string_view run_id, const TimerRow& timer) override;
  void delete_timer(std::string_view run_id, int64_t started_event_id) override;
  std::vector<PendingRows> pending_of(const std::vector<std::string>& run_ids) override;
  void delete_pending(std::string_view run_id) override;
  int64_t insert_operation(const OperationRow& operation) override;
  std::vector<OperationRow> operations() override;
  void finish_operation(int64_t sequence, std::string_view outcome) override;
  std::string take_outcome(int64_t sequence) override;
  void insert_source(std::string_view hash, std::string_view entry_id, std::string_view source) override;
  std::optional<std::string> source(std::string_view hash) override;
  std::vector<SourceRow> sources() override;
  void mark_source(std::string_view hash, int64_t unused_ns) override;
  void delete_source(std::string_view hash) override;
  std::vector<std::string> used_code() override;
  SharedTables* shared() override { return this; }
  void wake(const RunRow& run) override;
  void announce_end() override;

  // --- SharedTables -----------------------------------------------------------------------------------
  int64_t now_ns() override;
  void join(const RuntimeRow& runtime, Duration lease) override;
  bool renew(const RuntimeRow& runtime, Duration lease) override;
  void leave(const std::string& runtime_id) override;
  int64_t bury(const std::string& runtime_id, Duration lease) override;
  std::vector<std::string> runtimes() override;
  std::vector<std::string> served_queues() override;
  std::vector<RunRow> claim(const RuntimeRow& runtime, int64_t limit) override;
  std::vector<RunRow> claim_orphans(const RuntimeRow& runtime, int64_t limit) override;
  std::vector<RunRow> take(const RuntimeRow& runtime, const std::vector<std::string>& run_ids) override;
  std::vector<std::string> take_wakeups(const std::string& runtime_id) override;
  std::vector<RunRow> ended(const std::vector<std::string>& first_run_ids) override;
  void insert_attempt(const AttemptRow& attempt) override;
  std::vector<AttemptRow> attempts(const std::vector<std::string>& run_ids) override;
  std::vector<ClaimedAttempt> claim_attempts(const RuntimeRow& runtime, int64_t limit) override;
  void release_attempts(const RuntimeRow& runtime) override;
  bool tell_attempt(const AttemptRow& attempt) override;
  void cancel_attempts(std::string_view run_id, int64_t scheduled_event_id) override;
  void delete_attempts(std::string_view run_id, int64_t scheduled_event_id, int64_t last_attempt) override;
  std::vector<std::string> abandoned_attempts(const std::string& owner) override;

 private:
  void write(Write kind, std::vector<Cell> row);
  // Sees all that was written so far.
  std::optional<Rows> read(const char* sql, std::initializer_list<Parameter> parameters = {});
  // A statement that writes and is carried out at once.
  std::optional<Rows> change(const char* sql, std::initializer_list<Parameter> parameters = {});
  void enter_savepoint();
  void send_pending();
  std::vector<RunRow> runs(const std::optional<Rows>& rows);
  // Of runs that are not as they were read.
  std::vector<RunRow> changed_runs(const std::optional<Rows>& ids);
  void remember(const RunRow& run);
  // While this session lives, nobody takes its runtime for dead before its lease is over.
  void show_life(const std::string& runtime_id);

  Connection& connection_;
  const std::string channel_;
  mutable std::optional<Error> error_;
  int64_t writes_ = 0;
  WriteBatch done_;  // of the jobs before
  WriteBatch job_;   // of the current one
  std::unordered_set<std::string> inserted_done_;
  std::unordered_set<std::string> inserted_job_;
  bool savepoint_ = false;
  bool read_only_ = false;
  std::unordered_map<std::string, RunRow> locked_;  // runs read in this transaction, as they are now
  std::unordered_set<std::string> touched_;         // of these, what the current job changed
  std::string alive_;                               // the runtime whose life this session shows
};

}  // namespace trivium::units::workflows
