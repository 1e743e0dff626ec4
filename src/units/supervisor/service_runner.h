// One supervised service: its attempts to start, its failures, the waits between, its stop.
//
//   phase      what happens                       next
//   idle       start                              starting (delayed, while an attempt is being undone)
//   starting   done                               running
//              fails for good, last attempt       idle
//              fails, takes too long              delayed
//   delayed    time passes, start                 starting
//   running    ends, fails for good               idle
//              fails                              delayed, idle
//   starting, running, delayed   stop             stopping, or idle where there is nothing to stop
//   stopping   done, fails, takes too long        idle, or starting if a start came meanwhile
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/lifecycle.h"
#include "core/clock.h"
#include "core/log.h"
#include "sched/timers.h"
#include "units/supervisor/service.h"
#include "units/supervisor/service_status.h"
#include "units/supervisor/strand.h"

namespace trivium::units {

// What the supervisor hears from its runners, on the strand.
class RunnerOwner {
 public:
  virtual void started(const EntryId& id) = 0;
  // `final`: no further attempt follows.
  virtual void attempt_failed(const EntryId& id, const Error& error, bool final) = 0;
  virtual void changed(const ServiceStatus& status) = 0;

 protected:
  ~RunnerOwner() = default;
};

// Outlives the runners, but for the strand, which late callbacks keep.
struct RunnerContext {
  std::shared_ptr<Strand> strand;
  sched::Timers& timers;
  Random& random;
  Log log;
  RunnerOwner& owner;
};

// Everything happens on the strand.
class ServiceRunner : public std::enable_shared_from_this<ServiceRunner> {
 public:
  enum class Phase { idle, starting, running, delayed, stopping };

  ServiceRunner(const RunnerContext& context, EntryId id, app::Lifecycle lifecycle,
                std::shared_ptr<Service> service);
  ~ServiceRunner();

  Phase phase() const { return phase_; }
  const ServiceStatus& status() const { return status_; }

  // Takes effect with the next attempt to start.
  void replace(app::Lifecycle lifecycle, std::shared_ptr<Service> service);
  // Running is wanted, once its dependencies run.
  void want();
  // The first attempt of a new sequence; cuts a delay short. Nothing while starting or running.
  void start();
  // It cannot be started.
  void blocked(const Error& error);
  // Ends whatever is under way. `level` is for the log.
  void stop(int64_t level, ServiceDone done);

 private:
  void begin_attempt();
  void start_finished(uint64_t run, const Result<>& result);
  void start_timed_out();
  void start_failed(const Error& error);
  void ended(uint64_t run, const std::optional<Error>& error);
  void failed_while_running(const Error& error);
  void status_text(uint64_t run, const std::string& text);
  void call_stop();
  void stop_finished(uint64_t run, const Result<>& result);
  void stop_timed_out();
  void finish_stop(const Result<>& result);

  void retry_after(int64_t attempt);
  void arm(Duration delay, void (ServiceRunner::*then)());
  void disarm();
  int64_t now_ns() const { return context_.timers.clock().monotonic_ns(); }
  bool attempts_left(int64_t made) const;
  bool undoing() const { return undone_by_ns_ && *undone_by_ns_ > now_ns(); }

  void update(ServiceState state, decltype(ServiceStatus::details) details);
  void publish();
  void log_state(LogLevel level, ServiceState state, const std::string& details) const;
  void log_error(LogLevel level, ServiceState state, const Error& error) const;

  // Wraps a member function for callers on any thread, now or after the runner is gone.
  template <class Argument>
  auto from_anywhere(void (ServiceRunner::*method)(uint64_t, Argument));

  const RunnerContext& context_;
  app::Lifecycle lifecycle_;
  std::shared_ptr<Service> service_;  // for the next attempt
  std::shared_ptr<Service> active_;   // of the latest attempt
  Phase phase_ = Phase::idle;
  ServiceStatus status_;
  // Counts the calls of start and stop: what belongs to an earlier one is stale.
  uint64_t run_ = 0;
  std::optional<int64_t> running_since_ns_;

  // What a service reports before its start is done.
  bool ended_early_ = false;
  std::optional<Error> early_error_;
  std::optional<std::string> early_status_;

  // An attempt that took too long is being undone; until then, or until this time, no other begins.
  std::optional<int64_t> undone_by_ns_;
  bool attempt_due_ = false;

  bool start_after_stop_ = false;
  std::vector<ServiceDone> stop_done_;

  sched::TimerId timer_ = sched::TimerId::none;
  uint64_t timer_number_ = 0;
};

}  // namespace trivium::units
