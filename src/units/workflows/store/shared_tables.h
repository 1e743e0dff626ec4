// What a store can do besides, if several runtimes work on it. Each has a row with a lease; a run belongs to
// the runtime that its row names, as long as that one has its own: it takes no more than to delete that row
// to free all of them, however many. Whoever takes a run raises its fence. The database's clock decides about
// leases.
//
// Runs leave attempts of activities for other task queues here. An attempt is taken by one runtime at a time:
// by another only as long as nobody has called its function, and when the first is gone. Everything else of
// it is decided by the run: its row is removed by the transaction that records its end.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/duration.h"
#include "units/workflows/store/rows.h"

namespace trivium::units::workflows {

struct RuntimeRow {
  std::string id;    // new at every start
  std::string name;  // for people
  std::string task_queue;
  std::string worker;              // runs that nobody began become its own
  std::vector<std::string> types;  // of workflows it has code for
};

class SharedTables {
 public:
  virtual ~SharedTables() = default;

  virtual int64_t now_ns() = 0;

  virtual void join(const RuntimeRow& runtime, Duration lease) = 0;
  // Says what types it has code for now. False: the lease was over and another took it.
  virtual bool renew(const RuntimeRow& runtime, Duration lease) = 0;
  // Leaves its runs to the others at once.
  virtual void leave(const std::string& runtime_id) = 0;
  // Removes the other runtimes whose lease is over, or which are known to be gone; returns how many. Nobody
  // is removed soon after the server started, when no lease could be renewed.
  virtual int64_t bury(const std::string& runtime_id, Duration lease) = 0;
  // Those that are there, sorted.
  virtual std::vector<std::string> runtimes() = 0;

  // The task queues of those whose lease is not over.
  virtual std::vector<std::string> served_queues() = 0;

  // Takes open runs of its task queue that never had a runtime, the oldest first.
  virtual std::vector<RunRow> claim(const RuntimeRow& runtime, int64_t limit) = 0;
  // The same of those whose runtime is gone, if they have work (Tables::runs_with_work).
  virtual std::vector<RunRow> claim_orphans(const RuntimeRow& runtime, int64_t limit) = 0;
  // Those of these open runs that are its own or could be taken.
  virtual std::vector<RunRow> take(const RuntimeRow& runtime, const std::vector<std::string>& run_ids) = 0;
  // Its runs that somebody else changed since the last call.
  virtual std::vector<std::string> take_wakeups(const std::string& runtime_id) = 0;
  // The last runs of those of the chains that have ended.
  virtual std::vector<RunRow> ended(const std::vector<std::string>& first_run_ids) = 0;

  // --- attempts for other task queues -------------------------------------------------------------------
  // Leaves it to whoever serves its queue, and tells them. Nothing, if it is there.
  virtual void insert_attempt(const AttemptRow& attempt) = 0;
  // Of these runs, by event.
  virtual std::vector<AttemptRow> attempts(const std::vector<std::string>& run_ids) = 0;
  // Takes some for the runtime's queue that nobody has and whose function was not called, the oldest first.
  virtual std::vector<ClaimedAttempt> claim_attempts(const RuntimeRow& runtime, int64_t limit) = 0;
  // Leaves those to others that it has taken and not called.
  virtual void release_attempts(const RuntimeRow& runtime) = 0;
  // What its taker tells. False, and nothing written: it is not its own any more, or has ended, or nobody
  // shall call it because it is cancelled.
  virtual bool tell_attempt(const AttemptRow& attempt) = 0;
  // All of the activity; tells who has them.
  virtual void cancel_attempts(std::string_view run_id, int64_t scheduled_event_id) = 0;
  // Of the activity, up to this one; tells who has them.
  virtual void delete_attempts(std::string_view run_id, int64_t scheduled_event_id, int64_t last_attempt) = 0;
  // Runs of the owner with attempts that somebody called who is gone.
  virtual std::vector<std::string> abandoned_attempts(const std::string& owner) = 0;
};

}  // namespace trivium::units::workflows
