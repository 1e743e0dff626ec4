// Carries out attempts that runs of other task queues leave to this worker's, on a store that several
// runtimes share. They were claimed (Sharing::search); what becomes of them is told in their rows.
//
//   claimed ── a slot of the worker ──▶ beginning ── it is durable ──▶ called ──▶ told, until that is durable
//
// That its function is called is durable before it is: nobody calls it again for the same attempt.
#pragma once

#include <atomic>
#include <compare>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "lua/command.h"
#include "sched/ref.h"
#include "sched/runnable.h"
#include "sched/task.h"
#include "sched/timers.h"
#include "units/workflows/attempt_context.h"
#include "units/workflows/ports.h"
#include "units/workflows/slots.h"
#include "units/workflows/store/rows.h"

namespace trivium::units::workflows {

class Core;

class QueueServer final : public sched::Runnable {
 public:
  // `core` outlives this, or lets go of it in abandon().
  explicit QueueServer(Core& core) : core_(core) {}
  ~QueueServer() override;

  // --- any thread -----------------------------------------------------------------------------------
  // How many more could be carried out soon.
  size_t room() const;
  // They are this runtime's, as is durable.
  void take(std::vector<ClaimedAttempt> claimed);
  // Whose attempts it has: somebody has to look now and then what became of them.
  std::vector<std::string> runs() const;
  // What the store has of these runs' attempts. Those that are not there were withdrawn.
  void heard(std::vector<std::string> runs, std::vector<AttemptRow> attempts);
  // Cancels what runs.
  void close();
  // Lets go of what is left, when the scheduler has stopped for good.
  void abandon();

 private:
  struct Key {
    std::string run_id;
    int64_t scheduled_event_id = 0;
    int64_t attempt = 0;
    int64_t fence = 0;
    auto operator<=>(const Key&) const = default;
  };
  struct Served {
    AttemptRow row;  // as it is told
    ActivityRow activity;
    std::string workflow_id;
    std::string workflow_type;
    std::shared_ptr<Slots::Slot> slot;
    std::shared_ptr<AttemptContext> context;  // of what runs
    std::unique_ptr<ActivityFunctions::Attempt> running;
    int64_t may_tell_ns = 0;  // of signs of life: not before
    std::vector<sched::TimerId> armed;
  };
  using Step = void (QueueServer::*)(Served&);

  sched::Outcome run() override;
  void post(sched::Task task);
  static Key key_of(const AttemptRow& row);
  Served* find(const Key& key);
  // Does `step` on our turn, if we still have the attempt.
  std::function<void()> on_turn(const Served& served, Step step);
  void later(Served& served, Duration delay, Step step);

  void accept(ClaimedAttempt claimed);
  void with_slot(Served& served);
  void begin(Served& served);
  void call(Served& served);
  void has_worker(Served& served);
  void note_beat(Served& served);
  void tell(const Served& served);
  void ended(Served& served, const Object& outcome);
  void finish(Served& served);
  void check(const std::vector<std::string>& runs, const std::vector<AttemptRow>& attempts);
  void cancel(Served& served);
  void drop(const Key& key);

  Core& core_;

  std::atomic<size_t> arriving_{0};  // taken, and not in the queue for a slot yet

  mutable std::mutex mutex_;
  std::vector<sched::Task> mail_;
  std::multiset<std::string> runs_;

  std::map<Key, std::unique_ptr<Served>> served_;  // on its turn
};

}  // namespace trivium::units::workflows
