#include "units/supervisor/service_runner.h"

#include <algorithm>
#include <utility>

#include "units/supervisor/restart_delay.h"

namespace trivium::units {

using Phase = ServiceRunner::Phase;
using State = ServiceState;

ServiceRunner::ServiceRunner(const RunnerContext& context, EntryId id, app::Lifecycle lifecycle,
                             std::shared_ptr<Service> service)
    : context_(context), lifecycle_(std::move(lifecycle)), service_(std::move(service)) {
  status_.id = std::move(id);
  status_.last_update_ns = context_.timers.clock().wall_ns();
}

ServiceRunner::~ServiceRunner() { disarm(); }

void ServiceRunner::replace(app::Lifecycle lifecycle, std::shared_ptr<Service> service) {
  lifecycle_ = std::move(lifecycle);
  service_ = std::move(service);
}

// ---- start ---------------------------------------------------------------------------------------------

void ServiceRunner::want() {
  if (status_.desired == DesiredState::running) return;
  status_.desired = DesiredState::running;
  publish();
}

void ServiceRunner::start() {
  status_.desired = DesiredState::running;
  if (phase_ == Phase::starting || phase_ == Phase::running) return;
  if (phase_ == Phase::stopping) {
    start_after_stop_ = true;
    return;
  }
  status_.retry_count = 0;
  begin_attempt();
}

void ServiceRunner::blocked(const Error& error) {
  if (phase_ == Phase::idle) update(status_.state, error);
}

template <class Argument>
auto ServiceRunner::from_anywhere(void (ServiceRunner::*method)(uint64_t, Argument)) {
  return [strand = context_.strand, weak = weak_from_this(), run = run_, method](auto argument) {
    // Running a task may destroy this function.
    const auto keep = strand;  // NOLINT(performance-unnecessary-copy-initialization)
    keep->post([weak, run, method, argument = std::move(argument)] {
      if (const auto runner = weak.lock()) (runner.get()->*method)(run, argument);
    });
  };
}

void ServiceRunner::begin_attempt() {
  disarm();
  if (undoing()) {
    phase_ = Phase::delayed;
    attempt_due_ = true;
    arm(Duration(*undone_by_ns_ - now_ns()), &ServiceRunner::begin_attempt);
    return;
  }
  undone_by_ns_.reset();
  attempt_due_ = false;
  phase_ = Phase::starting;
  ++run_;
  ended_early_ = false;
  early_error_.reset();
  early_status_.reset();
  active_ = service_;

  const std::string details = "attempt " + std::to_string(status_.retry_count + 1);
  update(State::starting, details);
  log_state(LogLevel::info, State::starting, details);
  arm(lifecycle_.start_timeout, &ServiceRunner::start_timed_out);
  ServiceEvents events{from_anywhere(&ServiceRunner::ended), from_anywhere(&ServiceRunner::status_text)};
  active_->start(std::move(events), from_anywhere(&ServiceRunner::start_finished));
}

void ServiceRunner::start_finished(uint64_t run, const Result<>& result) {
  if (run != run_ || phase_ != Phase::starting) return;
  disarm();
  if (!result) {
    const Error& error = result.error();
    if (!terminal(error)) {
      log_error(LogLevel::error, State::failed, error);
      start_failed(error);
      return;
    }
    LogLevel level = LogLevel::error;
    if (error.kind == service_exited_kind) level = LogLevel::info;
    if (error.kind == service_terminated_kind || error.kind == kind::canceled) {
      level = LogLevel::warn;
    }
    phase_ = Phase::idle;
    log_error(level, State::exited, error);
    update(State::exited, error);
    context_.owner.attempt_failed(status_.id, error, true);
    return;
  }
  phase_ = Phase::running;
  running_since_ns_ = now_ns();
  status_.started_at_ns = context_.timers.clock().wall_ns();
  update(State::running, {});
  context_.owner.started(status_.id);
  if (early_status_) status_text(run, *std::exchange(early_status_, std::nullopt));
  if (ended_early_) ended(run, std::exchange(early_error_, std::nullopt));
}

void ServiceRunner::start_timed_out() {
  undone_by_ns_ = now_ns() + lifecycle_.stop_timeout.count();
  log_state(LogLevel::info, State::failed, "start timeout");
  Error error = Error::of(kind::timeout, "start timeout");
  error.retryable = true;
  phase_ = Phase::delayed;
  call_stop();
  start_failed(error);
}

void ServiceRunner::start_failed(const Error& error) {
  ++status_.retry_count;
  const bool again = attempts_left(status_.retry_count);
  phase_ = again ? Phase::delayed : Phase::idle;
  if (again) retry_after(status_.retry_count);
  const bool timed_out = undone_by_ns_.has_value();
  if (timed_out) {
    update(State::failed, error.message);
  } else {
    update(State::failed, error);
  }
  context_.owner.attempt_failed(status_.id, error, !again);
}

bool ServiceRunner::attempts_left(int64_t made) const {
  const int64_t most = lifecycle_.restart.max_attempts;
  return most <= 0 || made < most;
}

// The one place that says which wait of the sequence a failure gets.
void ServiceRunner::retry_after(int64_t attempt) {
  arm(restart_delay(lifecycle_.restart, attempt, context_.random), &ServiceRunner::begin_attempt);
}

// ---- while running -------------------------------------------------------------------------------------

void ServiceRunner::status_text(uint64_t run, const std::string& text) {
  if (run != run_) return;
  if (phase_ == Phase::starting) {
    early_status_ = text;
  } else if (phase_ == Phase::running) {
    log_state(LogLevel::info, State::running, text);
    update(State::running, text);
  }
}

void ServiceRunner::ended(uint64_t run, const std::optional<Error>& error) {
  if (run != run_) return;
  if (phase_ == Phase::starting && !ended_early_) {
    ended_early_ = true;
    early_error_ = error;
  }
  if (phase_ != Phase::running) return;
  ++run_;
  if (error && !terminal(*error)) {
    failed_while_running(*error);
    return;
  }
  phase_ = Phase::idle;
  if (error) {
    log_error(error->kind == service_exited_kind ? LogLevel::debug : LogLevel::error, State::exited, *error);
    update(State::exited, *error);
  } else {
    log_state(LogLevel::debug, State::exited, {});
    update(State::exited, {});
  }
}

void ServiceRunner::failed_while_running(const Error& error) {
  log_error(LogLevel::error, State::running, error);
  update(State::running, error);

  int64_t attempt = ++status_.retry_count;
  if (running_since_ns_ && now_ns() - *running_since_ns_ >= lifecycle_.stable_threshold.count()) {
    status_.retry_count = 0;
    attempt = 1;
  }
  running_since_ns_.reset();
  const bool again = attempts_left(attempt);
  phase_ = again ? Phase::delayed : Phase::idle;
  log_error(LogLevel::error, State::failed, error);
  update(State::failed, error);
  if (again) retry_after(attempt);
}

// ---- stop ----------------------------------------------------------------------------------------------

void ServiceRunner::stop(int64_t level, ServiceDone done) {
  status_.desired = DesiredState::stopped;
  start_after_stop_ = false;
  attempt_due_ = false;
  if (phase_ == Phase::stopping) {
    stop_done_.push_back(std::move(done));
    return;
  }
  const bool waiting = phase_ == Phase::delayed;
  const bool to_stop = phase_ == Phase::starting || phase_ == Phase::running;
  disarm();
  if (waiting || to_stop || undoing())
    context_.log.info("stopping service", {{"service_id", status_.id.text()}, {"level", level}});
  if (!to_stop && !undoing()) {
    phase_ = Phase::idle;
    if (waiting) {
      update(State::stopped, {});
    } else {
      publish();
    }
    done({});
    return;
  }
  phase_ = Phase::stopping;
  stop_done_.push_back(std::move(done));
  update(State::stopping, {});
  arm(lifecycle_.stop_timeout, &ServiceRunner::stop_timed_out);
  if (to_stop) call_stop();
}

// Also undoes an attempt that took too long.
void ServiceRunner::call_stop() {
  ++run_;
  running_since_ns_.reset();
  active_->stop(from_anywhere(&ServiceRunner::stop_finished));
}

void ServiceRunner::stop_finished(uint64_t run, const Result<>& result) {
  if (run != run_) return;
  const bool undone = undone_by_ns_.has_value();
  undone_by_ns_.reset();
  if (phase_ == Phase::stopping) {
    if (!result) log_error(LogLevel::error, State::failed, result.error());
    finish_stop(result);
  } else if (undone && attempt_due_) {
    begin_attempt();
  }
}

void ServiceRunner::stop_timed_out() {
  const std::string details = "stop timeout after " + format_duration(lifecycle_.stop_timeout);
  log_state(LogLevel::info, State::failed, details);
  ++run_;
  undone_by_ns_.reset();
  finish_stop(fail(kind::timeout, details));
}

void ServiceRunner::finish_stop(const Result<>& result) {
  disarm();
  phase_ = Phase::idle;
  if (result) {
    update(State::stopped, {});
  } else if (result.error().kind == kind::timeout) {
    update(State::failed, result.error().message);
  } else {
    update(State::failed, result.error());
  }
  for (const ServiceDone& done : std::exchange(stop_done_, {})) done(result);
  if (std::exchange(start_after_stop_, false)) start();
}

// ---- time and status -----------------------------------------------------------------------------------

void ServiceRunner::arm(Duration delay, void (ServiceRunner::*then)()) {
  disarm();
  timer_ = context_.timers.after(
      delay, [strand = context_.strand, weak = weak_from_this(), number = timer_number_, then] {
        const auto keep = strand;  // NOLINT(performance-unnecessary-copy-initialization): as above
        keep->post([weak, number, then] {
          const auto runner = weak.lock();
          if (!runner || runner->timer_number_ != number) return;
          runner->timer_ = sched::TimerId::none;
          (runner.get()->*then)();
        });
      });
}

// A timer that fires meanwhile finds its number outdated.
void ServiceRunner::disarm() {
  ++timer_number_;
  context_.timers.cancel(std::exchange(timer_, sched::TimerId::none));
}

void ServiceRunner::update(ServiceState state, decltype(ServiceStatus::details) details) {
  status_.state = state;
  status_.details = std::move(details);
  publish();
}

void ServiceRunner::publish() {
  status_.last_update_ns = context_.timers.clock().wall_ns();
  context_.owner.changed(status_);
}

void ServiceRunner::log_state(LogLevel level, ServiceState state, const std::string& details) const {
  if (!context_.log.enabled(level)) return;
  const std::string id = status_.id.text();
  Object fields{{"serviceID", id}, {"status", name_of(state)}};
  if (!details.empty()) fields.set("details", details);
  context_.log.write(level, "service " + id + " is " + std::string(name_of(state)), fields);
}

void ServiceRunner::log_error(LogLevel level, ServiceState state, const Error& error) const {
  if (!context_.log.enabled(level)) return;
  const std::string id = status_.id.text();
  context_.log.write(level, "service " + id + " is " + std::string(name_of(state)),
                     {{"serviceID", id}, {"status", name_of(state)}, {"error", error.message}});
}

}  // namespace trivium::units
