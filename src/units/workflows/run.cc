#include "units/workflows/run.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "units/workflows/core.h"

namespace trivium::units::workflows {
namespace {

constexpr int64_t second_ns = std::chrono::nanoseconds(std::chrono::seconds(1)).count();

}  // namespace

Run::Run(std::shared_ptr<Core> core, LoadedRun loaded)
    : core_(std::move(core)), run_id_(loaded.row.run_id), activities_(*this, *core_) {
  mail_.emplace_back([this, loaded = std::move(loaded)]() mutable { open(loaded); });
}

Run::~Run() = default;

std::vector<LoadedRun> load_runs(Tables& tables, std::vector<RunRow> rows) {
  std::vector<std::string> ids;
  ids.reserve(rows.size());
  for (const RunRow& row : rows) ids.push_back(row.run_id);
  std::vector<PendingRows> pending = tables.pending_of(ids);
  std::vector<LoadedRun> loaded;
  loaded.reserve(rows.size());
  std::vector<std::string> asked;
  for (size_t i = 0; i < rows.size(); ++i) {
    LoadedRun& run = loaded.emplace_back();
    run.row = std::move(rows[i]);
    if (i >= pending.size()) continue;  // it could not be read
    run.inbound = std::move(pending[i].inbound);
    run.activities = std::move(pending[i].activities);
    run.timers = std::move(pending[i].timers);
    const auto elsewhere = [&](const ActivityRow& activity) {
      return text_at(activity.scheduled, "task_queue.name") != run.row.task_queue;
    };
    if (std::any_of(run.activities.begin(), run.activities.end(), elsewhere)) asked.push_back(ids[i]);
  }
  // Rare: worth a question only where there is one.
  SharedTables* shared = tables.shared();
  if (shared == nullptr || asked.empty()) return loaded;
  for (AttemptRow& attempt : shared->attempts(asked)) {
    const auto at = std::find(ids.begin(), ids.end(), attempt.run_id);
    loaded[static_cast<size_t>(at - ids.begin())].attempts.push_back(std::move(attempt));
  }
  return loaded;
}

// --- any thread -------------------------------------------------------------------------------------

void Run::post(sched::Task task) {
  // A timer or an activity that outlived the service: its scheduler may be gone.
  if (core_->released()) return;
  {
    const std::lock_guard lock(mutex_);
    mail_.push_back(std::move(task));
  }
  core_->parts().scheduler.wake(*this);
}

void Run::take(InboundRow inbound) {
  post([this, inbound = std::move(inbound)]() mutable {
    const auto same = [&](const Waiting& other) { return other.inbound == inbound.sequence; };
    if (std::any_of(waiting_.begin(), waiting_.end(), same) ||
        std::any_of(in_task_.begin(), in_task_.end(), same) ||
        std::any_of(finished_.begin(), finished_.end(), [&](const Finished& task) {
          return std::any_of(task.taken.begin(), task.taken.end(), same);
        })) {
      return;  // heard of twice
    }
    Waiting waiting;
    waiting.inbound = inbound.sequence;
    waiting.events.push_back({0, inbound.type, inbound.time_ns, std::move(inbound.attributes), false, {}});
    add_waiting(std::move(waiting));
  });
}

void Run::hear(std::vector<AttemptRow> attempts) {
  if (attempts.empty()) return;
  post([this, attempts = std::move(attempts)] { activities_.heard(attempts); });
}

void Run::close_from_outside() {
  post([this] {
    // Its own commit may be what ended it, and still has effects.
    if (phase_ == Phase::committing) {
      ended_ = true;
    } else {
      close();
    }
  });
}

void Run::evict() {
  post([this] {
    if (phase_ == Phase::idle) drop_engine();
  });
}

void Run::retry() {
  post([this] {
    if (phase_ != Phase::parked) return;
    phase_ = Phase::idle;
    told_.clear();
  });
}

// --- its turn ---------------------------------------------------------------------------------------

void Run::preempt() noexcept {
  if (engine_) engine_->interrupt();
}

sched::Outcome Run::run() {
  const sched::Outcome outcome = take_turn();
  const bool busy = phase_ == Phase::loading || phase_ == Phase::computing || phase_ == Phase::holding ||
                    phase_ == Phase::committing;
  const bool queued = phase_ == Phase::idle && has_work();
  if (busy || queued) return outcome;
  place_.reset();
  if (std::exchange(woken_, false)) core_->sleepers().awake();
  return outcome;
}

sched::Outcome Run::take_turn() {
  std::vector<sched::Task> mail;
  {
    const std::lock_guard lock(mutex_);
    mail.swap(mail_);
  }
  if (phase_ == Phase::asleep) {
    // Somebody found it in memory before it left. What he brought is in the store as well.
    if (!mail.empty()) core_->sleepers().wake(run_id_);
    return sched::Outcome::idle;
  }
  for (sched::Task& task : mail) {
    if (phase_ == Phase::closed) break;
    task();
  }
  if (phase_ == Phase::idle && has_work() && has_place()) begin();
  if (phase_ == Phase::holding) {
    if (!waiting_.empty()) {
      begin_task({});
    } else if (hold_over_ || !activities_.worth_waiting()) {
      commit();
    }
  }
  if (phase_ == Phase::computing) return compute();
  if (phase_ == Phase::idle || phase_ == Phase::parked) fall_asleep();
  return phase_ == Phase::closed ? sched::Outcome::done : sched::Outcome::idle;
}

void Run::open(LoadedRun& loaded) {
  row_ = std::move(loaded.row);
  woken_ = loaded.woken;
  for (InboundRow& inbound : loaded.inbound) {
    Waiting waiting;
    waiting.inbound = inbound.sequence;
    waiting.events.push_back({0, inbound.type, inbound.time_ns, std::move(inbound.attributes), false, {}});
    add_waiting(std::move(waiting));
  }
  std::sort(loaded.timers.begin(), loaded.timers.end(), [](const TimerRow& a, const TimerRow& b) {
    return std::tie(a.due_ns, a.started_event_id) < std::tie(b.due_ns, b.started_event_id);
  });
  for (const TimerRow& timer : loaded.timers) {
    if (timer.due_ns > core_->now_ns()) {
      arm_timer(timer);
    } else {  // in this turn
      timers_.push_back({timer, {}});
      timer_due(timer.started_event_id);
    }
  }
  for (ActivityRow& activity : loaded.activities) {
    activities_.recover(std::move(activity), loaded.attempts);
  }
  arm_deadline();
}

void Run::arm_deadline() {
  if (row_.last_task_started == 0 && row_.first_task_ns > core_->now_ns()) {
    delayed_ = true;
    alarms_.push_back(core_->at(row_.first_task_ns, [run = sched::Ref<Run>(this)] {
      run->post([run = run.get()] { run->delayed_ = false; });
    }));
  }
  if (row_.run_deadline_ns == 0) return;
  alarms_.push_back(core_->at(row_.run_deadline_ns, [run = sched::Ref<Run>(this)] {
    run->post([run = run.get()] { run->time_is_over(); });
  }));
}

void Run::time_is_over() {
  core_->transact(
      [workflow_id = row_.workflow_id, run_id = run_id_](Tables& tables, ScriptContext& context) {
        return workflows::close_from_outside(tables, workflow_id, run_id, EventType::execution_timed_out, {},
                                             context);
      },
      [run = sched::Ref<Run>(this)](const Result<>& outcome) {
        if (outcome || outcome.error().kind != kind::unavailable) return;  // closed
        run->post([run = run.get()] {
          run->alarms_.push_back(run->core_->at(
              run->core_->now_ns() + second_ns,
              [run = sched::Ref<Run>(run)] { run->post([run = run.get()] { run->time_is_over(); }); }));
        });
      });
}

void Run::arm_timer(const TimerRow& timer) {
  Timer armed{timer, {}};
  armed.armed = core_->at(timer.due_ns, [run = sched::Ref<Run>(this), id = timer.started_event_id] {
    run->post([run = run.get(), id] { run->timer_due(id); });
  });
  timers_.push_back(std::move(armed));
}

void Run::timer_due(int64_t started_event_id) {
  for (Timer& timer : timers_) {
    if (timer.row.started_event_id != started_event_id) continue;
    // The clocks that timers and the store follow may differ by a little.
    if (core_->now_ns() < timer.row.due_ns) {
      timer.armed = core_->at(timer.row.due_ns, [run = sched::Ref<Run>(this), id = started_event_id] {
        run->post([run = run.get(), id] { run->timer_due(id); });
      });
      return;
    }
    Waiting waiting;
    waiting.timer = started_event_id;
    waiting.events.push_back(
        {0,
         EventType::timer_fired,
         core_->now_ns(),
         Object{{"timer_id", timer.row.timer_id}, {"started_event_id", started_event_id}},
         false,
         {}});
    add_waiting(std::move(waiting));
  }
}

// What it has is in the store, and whatever happens to it from now on brings it back.
void Run::fall_asleep() {
  if (place_ && has_work()) return;
  if (engine_ || noting_ || !in_task_.empty() || !activities_.asleep()) return;
  if (phase_ == Phase::parked) {
    if (row_.parked.empty()) return;   // nobody would know
    if (!activities_.empty()) return;  // nobody would wake it for their attempts
  } else if (!row_.parked.empty()) {
    return note_parked("");  // nobody would wake it
  }
  const int64_t due_ns = next_due_ns();
  if (due_ns != 0 && due_ns <= core_->now_ns() + core_->options().stays_awake.count()) return;
  {
    const std::lock_guard lock(mutex_);
    if (!mail_.empty()) return;
  }
  if (!activities_.noted()) return activities_.note();
  if (!core_->leave(*this, due_ns)) return;
  phase_ = Phase::asleep;
  cancel_timers();
  activities_.leave();
  waiting_.clear();
}

int64_t Run::next_due_ns() const {
  int64_t next = row_.run_deadline_ns;
  const auto sooner = [&](int64_t due_ns) {
    if (next == 0 || due_ns < next) next = due_ns;
  };
  if (phase_ == Phase::parked) return next;  // it is tried again on request
  if (delayed_) sooner(row_.first_task_ns);
  for (const Timer& timer : timers_) sooner(timer.row.due_ns);
  if (const int64_t attempt_ns = activities_.next_due_ns(); attempt_ns != 0) sooner(attempt_ns);
  return next;
}

bool Run::has_work() const { return row_.last_task_started != 0 ? !waiting_.empty() : !delayed_; }

// Where a worker limits how many tasks run at once.
bool Run::has_place() {
  if (core_->task_slots() == nullptr) return true;
  if (!place_) place_ = core_->task_slots()->take([run = sched::Ref<Run>(this)] { run->post([] {}); });
  return place_->held();
}

void Run::pause(Duration delay) {
  phase_ = Phase::pausing;
  alarms_.push_back(core_->at(core_->now_ns() + delay.count(), [run = sched::Ref<Run>(this)] {
    run->post([run = run.get()] {
      if (run->phase_ == Phase::pausing) run->phase_ = Phase::idle;
    });
  }));
}

void Run::drop_engine() {
  if (!engine_) return;
  engine_.reset();
  code_.reset();
  trying_ = false;
  unfed_.clear();
  core_->uncached(*this);
}

void Run::lost() {
  core_->drop(*this);
  close();
}

void Run::abandon() {
  phase_ = Phase::closed;
  std::vector<sched::Task> mail;
  {
    const std::lock_guard lock(mutex_);
    mail.swap(mail_);
  }
  mail.clear();
  engine_.reset();
  code_.reset();
  place_.reset();
  activities_.abandon();
}

void Run::close() {
  if (phase_ == Phase::closed) return;
  phase_ = Phase::closed;
  core_->knows_its_end(*this);
  drop_engine();
  activities_.stop();
  cancel_timers();
  waiting_.clear();
  in_task_.clear();
  finished_.clear();
  draft_.reset();
}

void Run::cancel_timers() {
  for (const Timer& timer : timers_) core_->cancel(timer.armed);
  for (const sched::TimerId alarm : alarms_) core_->cancel(alarm);
  core_->cancel(hold_limit_);
  timers_.clear();
  alarms_.clear();
}

}  // namespace trivium::units::workflows
