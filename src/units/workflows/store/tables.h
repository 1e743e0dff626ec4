// The rows of a provider inside one transaction. Deliberately plain: what is decided from them is
// written once, for every provider (start.h, post.h, close.h, commit_task.h).
//
// Errors are sticky: after the first one, reads find nothing and writes do nothing; error() holds it and
// the transaction is rolled back. So scripts need not check every step.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "units/workflows/store/rows.h"
#include "units/workflows/store/shared_tables.h"

namespace trivium::units::workflows {

class Tables {
 public:
  virtual ~Tables() = default;

  virtual const std::optional<Error>& error() const = 0;
  // Grows with every row that is written.
  virtual int64_t writes() const = 0;

  // --- runs -----------------------------------------------------------------------------------------
  // The latest run of a workflow id, open or closed.
  virtual std::optional<RunRow> current_run(std::string_view workflow_id) = 0;
  virtual std::optional<RunRow> run(std::string_view run_id) = 0;
  // Several, in this order, without those that are not there.
  virtual std::vector<RunRow> find_runs(const std::vector<std::string>& run_ids);
  virtual std::vector<RunRow> open_children(std::string_view parent_run_id) = 0;
  // The newest first, without the first `offset` ones.
  virtual std::vector<RunRow> list_runs(const RunFilter& filter, int64_t limit, int64_t offset) = 0;
  // Becomes the current run of its workflow id.
  virtual void insert_run(const RunRow& run) = 0;
  // Writes what changes during a run's life.
  virtual void update_run(const RunRow& run) = 0;
  // The same for what almost every task changes, and its batch of history. Returns how many activities were
  // settled with it: that many of the first of `closed` need not be deleted, as many of the first of `opened`
  // not inserted. Nothing, and nothing written: the run is not as described, or this was its first task, or
  // the provider has no quicker way.
  virtual std::optional<size_t> advance_run(const RunAdvance& /*advance*/) { return std::nullopt; }
  // Closed before `closed_before_ns`: the run and everything about it.
  virtual int64_t delete_closed_runs(int64_t closed_before_ns, int64_t limit) = 0;

  // --- runs that nobody has in memory -----------------------------------------------------------------
  // Looks at the next `limit` due times after `after`, and gives those that wake a run: of parked runs only
  // the end of their time does. `runtime`: and only those of runs that are its own, or that it may take;
  // null: of all.
  virtual DuePage due_after(const Due& after, int64_t limit, const RuntimeRow* runtime) = 0;
  // Open runs of the owner with more to do than to wait for their time: events and activities of begun runs,
  // what became of attempts that others have or had, and what is parked. By run id, from the first after this
  // one.
  virtual std::vector<std::string> runs_with_work(std::string_view owner, std::string_view after_run_id,
                                                  int64_t limit) = 0;

  // --- history --------------------------------------------------------------------------------------
  virtual void append_history(std::string_view run_id, int64_t first_event_id, int64_t count,
                              std::string_view events) = 0;
  // Batches in order, beginning with the one that holds `from_event_id`.
  virtual std::vector<std::string> history(std::string_view run_id, int64_t from_event_id,
                                           int64_t max_batches) = 0;

  // --- what waits for the next task -------------------------------------------------------------------
  // Returns the sequence; 0 when `request_id` (not empty) was seen before.
  virtual int64_t insert_inbound(std::string_view run_id, std::string_view request_id,
                                 const InboundRow& inbound) = 0;
  virtual std::vector<InboundRow> inbound(std::string_view run_id) = 0;
  virtual void delete_inbound(std::string_view run_id, int64_t sequence) = 0;

  // --- activities and timers ----------------------------------------------------------------------------
  virtual std::vector<ActivityRow> activities(std::string_view run_id) = 0;
  virtual void insert_activity(std::string_view run_id, const ActivityRow& activity) = 0;
  virtual void update_activity(std::string_view run_id, const ActivityRow& activity) = 0;
  virtual void delete_activity(std::string_view run_id, int64_t scheduled_event_id) = 0;
  // Those that the code started.
  virtual std::vector<TimerRow> timers(std::string_view run_id) = 0;
  // Sets the time of one that is there.
  virtual void insert_timer(std::string_view run_id, const TimerRow& timer) = 0;
  virtual void delete_timer(std::string_view run_id, int64_t started_event_id) = 0;
  // All of that, and the inbound events, of each of these runs.
  virtual std::vector<PendingRows> pending_of(const std::vector<std::string>& run_ids);
  // Activities, their attempts, timers and inbound events of a run that closed.
  virtual void delete_pending(std::string_view run_id) = 0;

  // --- operations from other processes --------------------------------------------------------------------
  virtual int64_t insert_operation(const OperationRow& operation) = 0;
  // Those without an outcome.
  virtual std::vector<OperationRow> operations() = 0;
  // `outcome`: JSON, an error chain, or {} when it was done.
  virtual void finish_operation(int64_t sequence, std::string_view outcome) = 0;
  // Empty while it waits; the row is removed when it is returned.
  virtual std::string take_outcome(int64_t sequence) = 0;

  // --- other runtimes -----------------------------------------------------------------------------------
  // Null: the store has one runtime at a time.
  virtual SharedTables* shared() { return nullptr; }
  // Tells the runtime that has the run, or if it is nobody's whoever may take it, to look at it.
  virtual void wake(const RunRow& /*run*/) {}
  // Tells all others that a chain of runs has ended.
  virtual void announce_end() {}

  // --- code -------------------------------------------------------------------------------------------
  // Does nothing, if the hash is there.
  virtual void insert_source(std::string_view hash, std::string_view entry_id, std::string_view source) = 0;
  virtual std::optional<std::string> source(std::string_view hash) = 0;
  virtual std::vector<SourceRow> sources() = 0;
  virtual void mark_source(std::string_view hash, int64_t unused_ns) = 0;
  virtual void delete_source(std::string_view hash) = 0;
  // The hashes of the code of open runs, each once.
  virtual std::vector<std::string> used_code() = 0;
};

}  // namespace trivium::units::workflows
