// The open activities of one run: their attempts, timeouts and retries.
// Only the final outcome of an activity reaches the history; attempts are counted in the store.
//
// An attempt: due ── a slot of the worker ──▶ called ── a worker of the function's pool ──▶ begun ──▶ ended
// schedule_to_start runs until it has begun, start_to_close and heartbeat from there.
//
// One for another task queue is left to whoever serves that, where runtimes share the store (queue_server.h),
// and followed from here (activity_foreign.cc):  due ──▶ offered ──▶ ended
// While others have it the run may leave the memory: its end, and the loss of who has it, bring the run back,
// and so does the time at which a limit may be over, which stands among the due times then.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sched/timers.h"
#include "units/workflows/attempt_context.h"
#include "units/workflows/ports.h"
#include "units/workflows/retry_policy.h"
#include "units/workflows/slots.h"
#include "units/workflows/store/rows.h"

namespace trivium::units::workflows {

class Core;
class Run;

// Everything happens on the run's turn.
class Activities {
 public:
  Activities(Run& run, Core& core) : run_(run), core_(core) {}

  // Scheduled by the last commit: dispatches it.
  void add(ActivityRow row);
  // The same before the commit: the run waits with it for a while. Its first attempt runs at once, and what
  // has to be durable for the next ones waits for made_durable().
  void add_local(ActivityRow row);
  // By its attributes: not one whose only attempt may begin once, nor one for other runtimes.
  bool may_be_local(const Object& scheduled) const;
  // Whether such a one runs, and none waits for the commit.
  bool worth_waiting() const;
  // The commit has its row. False: it is not one of those.
  bool made_durable(int64_t scheduled_event_id);
  // There will be no commit.
  void drop_local();
  // Left by an earlier runtime, which may have begun the attempt: goes on with the next one at once. What was
  // left to another task queue (`attempts`, of the whole run) stays there.
  void recover(ActivityRow row, const std::vector<AttemptRow>& attempts);
  // What the store has of the run's attempts for other task queues now.
  void heard(const std::vector<AttemptRow>& attempts);
  void request_cancel(int64_t scheduled_event_id);
  // Its end is in the history.
  void forget(int64_t scheduled_event_id);
  void forget(const std::set<int64_t>& scheduled_event_ids);
  // The run has closed: cancels what runs.
  void stop();
  bool empty() const { return activities_.empty(); }
  // Whether all of them only wait for the time of their next attempt, and the store tells when that is, or
  // for others.
  bool asleep() const;
  // Of the next attempt that is waited for, or when one that others have is looked at again; 0: none.
  int64_t next_due_ns() const;
  // Whether the store tells that too.
  bool noted() const;
  // Tells it. The run has a turn when that is done.
  void note();
  // The run leaves the memory: forgets them.
  void leave();
  // Forgets what runs, which in turn holds the run.
  void abandon();

 private:
  struct Activity {
    ActivityRow row;
    RetryPolicy policy;
    int64_t deadline_ns = 0;  // schedule_to_close
    std::shared_ptr<Slots::Slot> slot;
    std::shared_ptr<AttemptContext> context;  // of what runs
    std::unique_ptr<ActivityFunctions::Attempt> running;
    bool foreign = false;             // another task queue's, which others may serve
    std::optional<AttemptRow> given;  // to them, as it was seen last
    int64_t look_ns = 0;              // when it is looked at again; 0: it is not waited for
    int64_t noted_ns = 0;             // which of those times is among the due ones
    bool begun = false;
    bool durable = true;                                 // false: local, and not committed
    void (Activities::*postponed)(Activity&) = nullptr;  // until it is
    bool waits = false;                                  // for the time of its attempt
    int64_t may_save_ns = 0;                             // of signs of life: not before
    sched::TimerId start_limit{};
    std::vector<sched::TimerId> armed;
    bool ended = false;
  };

  Activity& insert(ActivityRow row);
  Activity* find(int64_t scheduled_event_id, int64_t attempt);
  // activities.cc
  void dispatch(Activity& activity);
  void with_slot(Activity& activity);
  void launch(Activity& activity);
  void begun(Activity& activity);
  void call_off(Activity& activity);
  bool is_foreign(const Object& scheduled) const;
  void finished(Activity& activity, const Object& outcome);
  void failed(Activity& activity, Object failure, bool timed_out);
  void end(Activity& activity, EventType how, Object attributes);
  // activity_foreign.cc
  void offer(Activity& activity);
  void adopt(Activity& activity, const std::vector<AttemptRow>& attempts);
  void follow(Activity& activity);
  void look_again(Activity& activity);
  static bool elsewhere(const Activity& activity);
  // activity_clocks.cc
  sched::TimerId arm(Activity& activity, int64_t due_ns, void (Activities::*what)(Activity&));
  void wait_for_attempt(Activity& activity);
  void attempt_due(Activity& activity) { dispatch(activity); }
  void not_begun(Activity& activity);
  void attempt_too_long(Activity& activity);
  void too_long(Activity& activity);
  void note_beat(Activity& activity);
  void silent(Activity& activity);
  Duration beat_interval(const Activity& activity) const;
  // activity_local.cc
  bool postpone(Activity& activity, void (Activities::*then)(Activity&));
  // Makes the row durable, then goes on if the attempt is still the same.
  void save(Activity& activity, void (Activities::*then)(Activity&));
  void save_dispatch(Activity& activity) { save(activity, &Activities::dispatch); }
  void save_launch(Activity& activity) { save(activity, &Activities::launch); }
  void disarm(Activity& activity);
  // Calls `what` on the run's turn, if the attempt is still the same.
  std::function<void()> on_turn(const Activity& activity, void (Activities::*what)(Activity&));
  std::string_view type(const Activity& activity) const;

  Run& run_;
  Core& core_;
  std::vector<std::unique_ptr<Activity>> activities_;
  bool noting_ = false;
};

}  // namespace trivium::units::workflows
