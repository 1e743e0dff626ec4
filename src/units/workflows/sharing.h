// A runtime among others on one store: keeps its lease, takes runs that are nobody's, hears what others did
// to its own, and notices when the others took them. Of attempts for its task queue that runs of others
// leave, it claims as many as it can carry out.
//
// Everything is found by looking, now and then and whenever there is a hint; a missed hint costs time only.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "core/duration.h"
#include "sched/timers.h"
#include "units/workflows/queue_server.h"
#include "units/workflows/run.h"
#include "units/workflows/store/shared_tables.h"

namespace trivium::units::workflows {

class Core;

// Thread-safe.
class Sharing {
 public:
  // `core` outlives this.
  Sharing(Core& core, Duration lease);

  // Joins the others and takes what is nobody's. Looks again from then on, if it succeeds or not.
  void begin(std::function<void(Result<>)> done);
  // A hint of another runtime; empty: hints may have been missed.
  void heard(const std::string& hint);
  void look();
  // It is not known what became of a transaction: everything is compared with the store.
  void doubt() { doubtful_ = true; }
  // Takes on nothing more for other task queues, and leaves to others what it has not begun of that.
  void give_back();
  // Leaves our runs to the others.
  void end();
  // Attempts that had to wait could be carried out now.
  void has_room();
  QueueServer& server() { return *server_; }

  std::string owner() const;
  RuntimeRow runtime() const;
  bool others() const { return others_; }

 private:
  // What a look shall do besides.
  struct Wanted {
    bool compare = false;           // all that is in memory with the store
    bool orphans = false;           // look for work that dead runtimes left
    std::vector<std::string> runs;  // that are in memory, to be compared
    std::vector<std::string> chains;
    std::vector<std::string> served;  // runs of others, whose attempts are carried out here
    int64_t room = 0;                 // for so many more
  };
  // What it found.
  struct Found {
    RuntimeRow runtime;
    bool lost = false;
    std::vector<std::string> runtimes;
    int64_t offset_ns = 0;        // of the database's clock to our monotonic one
    int64_t offset_error_ns = 0;  // at most
    std::vector<LoadedRun> claimed;
    std::vector<LoadedRun> orphans;
    std::vector<LoadedRun> woken;
    std::vector<LoadedRun> compared;
    std::vector<ClaimedAttempt> attempts;
    std::vector<AttemptRow> served;
    std::vector<RunRow> ended;
    std::vector<std::pair<std::string, lua::Reply>> answers;  // by update id
  };
  Result<> search(Tables& tables, const Wanted& wanted, Found& found);
  void search_attempts(Tables& tables, const Wanted& wanted, Found& found) const;
  bool gone(const Found& found) const;
  void compare(Tables& tables, const Wanted& wanted, Found& found);
  void looked(const Result<>& outcome, const Wanted& wanted, Found& found);
  void schedule();

  Core& core_;
  const Duration lease_;
  const Duration interval_;
  std::atomic<bool> others_{false};
  std::atomic<bool> doubtful_{false};
  std::atomic<bool> orphans_{true};   // there may be work that dead runtimes left
  std::atomic<bool> recheck_{false};  // somebody may have cancelled or withdrawn what is carried out for him
  std::atomic<bool> starved_{false};  // attempts may wait that there was no room for
  const sched::Ref<QueueServer> server_;
  bool joined_ = false;                // only on the store's thread
  std::vector<std::string> runtimes_;  // likewise: that were there at the last look
  int looks_ = 0;
  mutable std::mutex mutex_;
  RuntimeRow runtime_;
  bool looking_ = false;
  bool again_ = false;
  bool ended_ = false;
  sched::TimerId timer_{};
};

}  // namespace trivium::units::workflows
