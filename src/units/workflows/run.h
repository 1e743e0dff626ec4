// One open run of this runtime: takes what happens to it (messages, outcomes, timers), lets the engine
// carry out a workflow task when there is something new, and commits what came of it.
//
//   idle ──▶ (loading ──▶) computing ──▶ committing ──▶ idle …  ──▶ closed
//                 task failure: parked        refused: idle again, from the history
//                 newer code that does not fit: loading again, for the recorded code
//                                             no answer: once the store can be asked what became of it
//   computing ──▶ holding ──▶ computing …  ──▶ committing: while local activities run, and nothing else has
//   to
//                 become visible, tasks are committed together (run_holding.cc)
//   idle or parked, without instance, and without activities that this runtime carries out: asleep, and out
//   of memory (sleepers.h)
//
// Effects become visible only after the commit.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "sched/ref.h"
#include "sched/runnable.h"
#include "sched/task.h"
#include "sched/timers.h"
#include "units/workflows/activities.h"
#include "units/workflows/code.h"
#include "units/workflows/engine.h"
#include "units/workflows/store/scripts.h"

namespace trivium::units::workflows {

class Core;

// A run as the store has it.
struct LoadedRun {
  RunRow row;
  std::vector<InboundRow> inbound;
  std::vector<ActivityRow> activities;
  std::vector<TimerRow> timers;
  std::vector<AttemptRow> attempts;  // of activities for other task queues
  bool woken = false;                // by Sleepers, which want to hear when it had its turn
};
std::vector<LoadedRun> load_runs(Tables& tables, std::vector<RunRow> rows);

// What waits for the next task: events without ids, and what the commit has to remove for them.
struct Waiting {
  std::vector<Event> events;
  int64_t inbound = 0;     // sequence
  int64_t activity = 0;    // scheduled event id
  int64_t timer = 0;       // started event id
  bool withdraws = false;  // what was left of the activity to another task queue
};

// A task that was carried out, and waits for its commit.
struct Finished {
  int64_t started = 0;  // event id
  std::vector<Event>::difference_type events = 0;
  size_t encoded_before = 0;  // bytes of the tasks before it
  std::deque<Waiting> taken;
  std::vector<LocalMessage> messages;
};

class Run final : public sched::Runnable {
 public:
  Run(std::shared_ptr<Core> core, LoadedRun loaded);
  ~Run() override;

  // --- any thread -----------------------------------------------------------------------------------
  // `task` runs on the run's own turn. It must not hold a reference to the run.
  void post(sched::Task task);
  void take(InboundRow inbound);
  // What the store has of its attempts for other task queues.
  void hear(std::vector<AttemptRow> attempts);
  // Somebody else ended the run.
  void close_from_outside();
  // Drops the instance; the history is enough to build it again.
  void evict();
  // Tries again what a task failure stopped.
  void retry();
  const std::string& run_id() const { return run_id_; }

  // --- on the run's turn ----------------------------------------------------------------------------
  void add_waiting(Waiting waiting) { waiting_.push_back(std::move(waiting)); }
  const RunRow& row() const { return row_; }
  bool closed() const { return phase_ == Phase::closed; }
  // Another runtime has it.
  void lost();

  // Lets go of everything others hold in turn: for what is left when the scheduler has stopped for good.
  void abandon();

 private:
  enum class Phase { idle, loading, computing, holding, committing, pausing, parked, asleep, closed };

  sched::Outcome run() override;
  sched::Outcome take_turn();
  void preempt() noexcept override;

  void open(LoadedRun& loaded);
  void arm_timer(const TimerRow& timer);
  void timer_due(int64_t started_event_id);
  void arm_deadline();
  void time_is_over();
  bool has_work() const;
  bool has_place();
  bool is_for_others() const;
  // Leaves the memory, if nothing keeps it there.
  void fall_asleep();
  int64_t next_due_ns() const;
  void cancel_timers();

  void begin();
  void load_history(int64_t from_event_id);
  struct Page;
  void loaded(const Result<>& outcome, Page& page);
  // run_code.cc
  void start_engine(std::optional<std::string> stored);
  void make_engine(CodeCache::Ref code);
  void begin_on(CodeCache::Ref code);
  void tried();
  void turn_down(const std::string& reason);
  void stay(const std::string& refused_hash, const std::string& reason);

  void begin_task(std::vector<Event> history);
  std::vector<Event> number_events();
  Duration task_timeout() const;
  std::vector<UpdateRequest> updates_in_task() const;
  sched::Outcome compute();
  // run_holding.cc
  void finish_task();
  bool hold(bool quiet, const std::vector<int64_t>& local);
  bool commit_without_this_task();
  void drop_last_task();
  void give_back_finished();
  int64_t next_event_id() const;

  void commit();
  void committed(Result<> outcome, const std::shared_ptr<TaskCommit>& commit);
  // Nobody knows what became of the commit: the store does.
  void resolve(const std::shared_ptr<TaskCommit>& commit);
  void resolved(bool read, const std::optional<RunRow>& row, const std::shared_ptr<TaskCommit>& commit);
  void take_effect(const TaskCommit& commit);
  void give_back();
  void refuse(UpdateAnswer refused);
  void refusal_done(const Result<>& outcome, const UpdateRefusal& refusal);
  void drop_engine();
  void park(const TaskFailure& failure);
  void note_parked(const std::string& reason);
  void noted(bool durable, const std::string& before);
  void pause(Duration delay);
  void fail_too_long();
  void close();

  const std::shared_ptr<Core> core_;
  const std::string run_id_;

  std::mutex mutex_;
  std::vector<sched::Task> mail_;

  RunRow row_;
  Phase phase_ = Phase::idle;
  std::deque<Waiting> waiting_;
  std::deque<Waiting> in_task_;  // taken up by the task in progress
  std::vector<Finished> finished_;
  std::shared_ptr<TaskCommit> draft_;   // of these tasks; null: there are none
  std::shared_ptr<Slots::Slot> place_;  // among the tasks that run at once, or in the queue for it
  sched::TimerId hold_limit_{};
  bool hold_over_ = false;
  std::unique_ptr<Engine> engine_;
  CodeCache::Ref code_;         // of the engine
  bool on_newest_ = true;       // it is the application's
  bool trying_ = false;         // whether it fits the history
  std::vector<Event> history_;  // while it is loaded
  std::vector<Event> unfed_;    // of the last commit, for the cached engine
  std::vector<Event> task_events_;
  int64_t task_started_ = 0;
  int64_t task_time_ns_ = 0;
  int64_t compute_since_ns_ = 0;
  int64_t last_time_ns_ = 0;
  int slow_tasks_ = 0;    // computed for too long, one after another
  std::string told_;      // why it is parked, as it was logged
  bool delayed_ = false;  // the first task may not begin yet
  bool warned_ = false;
  bool noting_ = false;  // whether it is parked
  bool woken_ = false;   // and Sleepers count it
  bool ended_ = false;   // in the store; the commit in progress tells whether by itself

  struct Timer {
    TimerRow row;
    sched::TimerId armed{};
  };
  std::vector<Timer> timers_;
  std::vector<sched::TimerId> alarms_;  // first task, deadline, pause
  Activities activities_;
};

}  // namespace trivium::units::workflows
