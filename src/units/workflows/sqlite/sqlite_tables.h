// Tables over one SQLite connection. Statements are prepared once.
#pragma once

#include <sqlite3.h>

#include <unordered_map>

#include "units/workflows/sqlite/stand_ins.h"
#include "units/workflows/sqlite/statement.h"
#include "units/workflows/store/tables.h"

namespace trivium::units::workflows {

class SqliteTables : public Tables {
 public:
  // `database` outlives this.
  explicit SqliteTables(sqlite3* database) : database_(database) {}
  ~SqliteTables() override;

  // A statement without parameters and rows. False: error() says why.
  bool execute(const char* sql);
  void clear_error() { error_.reset(); }

  const std::optional<Error>& error() const override { return error_; }
  int64_t writes() const override { return sqlite3_total_changes64(database_); }
  std::optional<RunRow> current_run(std::string_view workflow_id) override;
  std::optional<RunRow> run(std::string_view run_id) override;
  std::vector<RunRow> open_children(std::string_view parent_run_id) override;
  std::vector<RunRow> list_runs(const RunFilter& filter, int64_t limit, int64_t offset) override;
  void insert_run(const RunRow& run) override;
  void update_run(const RunRow& run) override;
  std::optional<size_t> advance_run(const RunAdvance& advance) override;
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

 protected:
  // Null after an error. `sql` must be a literal: its address is the key.
  sqlite3_stmt* prepared(const char* sql);
  // Steps to the end; remembers an error.
  void finish(Use& use);
  bool next(Use& use);

 private:
  struct LastBatch {
    int64_t place = 0;  // 0: there is none
    StandIns stand_ins;
  };

  std::vector<RunRow> runs(Use& use);
  LastBatch last_batch(std::string_view run_id);
  // An activity of which no more is known than its event.
  ActivityRow as_scheduled(std::string_view run_id, int64_t scheduled_event_id);
  // The activity, if it stands in another's row, does not any more; returns that row's key. 0: it has its
  // own.
  int64_t leave_row(std::string_view run_id, int64_t scheduled_event_id);
  void give_row(std::string_view run_id, int64_t scheduled_event_id);
  bool has_activity_row(std::string_view run_id, int64_t key);
  void delete_activity_row(std::string_view run_id, int64_t key);

  sqlite3* database_;
  std::unordered_map<const char*, sqlite3_stmt*> statements_;
  std::optional<Error> error_;
};

}  // namespace trivium::units::workflows
