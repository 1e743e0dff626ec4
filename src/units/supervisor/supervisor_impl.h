// The supervisor's working parts. Private to supervisor*.cc.
#pragma once

#include <atomic>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "units/supervisor/service_runner.h"
#include "units/supervisor/strand.h"
#include "units/supervisor/supervisor.h"

namespace trivium::units {

// Everything happens on the strand, but for what says otherwise.
class Supervisor::Impl final : private RunnerOwner {
 public:
  explicit Impl(SupervisorOptions options);
  ~Impl();

  // Any thread.
  const std::shared_ptr<Strand>& strand() const { return strand_; }
  StatusBoard& board() { return board_; }
  std::atomic<bool>& closing() { return closing_; }
  ServiceStatus initial_status(const EntryId& id) const;

  void add(Registration registration);
  void update(Registration registration);
  void remove(const std::set<EntryId>& ids, ServiceDone done);
  void set_references(References references) { references_ = std::move(references); }
  void start_auto();
  void on_first_attempts_settled(std::function<void()> callback);
  void start(const EntryId& id, ServiceDone done);
  void stop(const EntryId& id, ServiceDone done);
  void stop_all(Duration timeout, ServiceDone done);

 private:
  struct Entry {
    app::Lifecycle lifecycle;
    std::vector<EntryId> lifecycle_refs;
    std::shared_ptr<ServiceRunner> runner;
    bool fresh = true;             // not seen by start_auto
    bool leaving = false;          // being removed
    bool planned = false;          // to be started; no attempt succeeded yet, none was the last
    bool required = false;         // of the plan
    std::set<EntryId> awaits;      // dependencies that have not started yet
    std::optional<Error> setback;  // of the plan: its first attempt failed, or cannot be made for now
  };

  // Somebody waits for the first attempts of some services.
  struct Request {
    std::set<EntryId> open;
    std::optional<Error> error;
    ServiceDone done;
  };

  struct StopSequence {
    std::vector<std::vector<EntryId>> levels;
    size_t next = 0;
    size_t open = 0;
    std::optional<Error> error;
    bool given_up = false;
    ServiceDone done;
  };

  // RunnerOwner
  void started(const EntryId& id) override;
  void attempt_failed(const EntryId& id, const Error& error, bool final) override;
  void changed(const ServiceStatus& status) override;

  // Without those being removed, unless `all`.
  ServiceGraph graph(bool all = false) const;

  void start_roots(const std::vector<EntryId>& roots, ServiceDone done);
  void join_or_plan(const PlannedService& planned);
  void block(const BlockedService& blocked);
  void launch(const EntryId& id);
  // The outcome of a first attempt.
  void settle(const EntryId& id, const Result<>& result);
  // The dependents of `id`, which did not start, wait on (not `final`) or give up. Returns the latter.
  std::vector<EntryId> hold_dependents(const EntryId& id, const Error& error, bool final);
  void report_plan_failure(const EntryId& id, bool required, const Error& error,
                           const std::vector<EntryId>& held) const;
  // Nobody waits for its start any more.
  void abandon(const EntryId& id);

  void stop_in_levels(const std::shared_ptr<StopSequence>& sequence);
  void stop_level(const std::shared_ptr<StopSequence>& sequence);
  void stop_one(const EntryId& id, size_t level, ServiceDone done);
  void finish_stop_all(const Result<>& result);

  const SupervisorOptions options_;
  const std::shared_ptr<Strand> strand_ = std::make_shared<Strand>();
  const RunnerContext context_;
  StatusBoard board_;
  std::atomic<bool> closing_{false};

  std::map<EntryId, Entry> entries_;
  References references_;
  std::list<Request> requests_;

  size_t auto_open_ = 0;  // requests of start_auto under way
  bool auto_started_ = false;
  std::vector<std::function<void()>> settled_callbacks_;

  bool stop_all_begun_ = false;
  std::optional<Result<>> stop_all_result_;
  std::vector<ServiceDone> stop_all_done_;
  sched::TimerId stop_all_timer_ = sched::TimerId::none;
};

}  // namespace trivium::units
