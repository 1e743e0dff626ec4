// Keeps the supervised entries of an application running: starts them in the order of their dependencies,
// restarts those that fail, stops them in reverse.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "app/lifecycle.h"
#include "core/clock.h"
#include "core/duration.h"
#include "core/entry_id.h"
#include "core/error.h"
#include "core/log.h"
#include "sched/timers.h"
#include "units/supervisor/service.h"
#include "units/supervisor/service_status.h"
#include "units/supervisor/start_plan.h"

namespace trivium::units {

struct SupervisorOptions {
  sched::Timers& timers;  // outlives the supervisor
  Random& random;         // likewise
  Log log;                // named "core"
  // Every transition of a service and every change of its details, in order.
  std::function<void(const ServiceStatus&)> on_update;
};

struct Registration {
  EntryId id;
  app::Lifecycle lifecycle;
  std::vector<EntryId> lifecycle_refs;  // app::Dependencies::lifecycle_of
  std::shared_ptr<Service> service;
};

// Thread-safe. Has no thread of its own: services, `done` callbacks and on_update are called, one at a time
// and without a lock held, on the thread that brought the news, often before the call below returns. They may
// call back into the supervisor.
class Supervisor {
 public:
  explicit Supervisor(SupervisorOptions options);
  // Waits for a callback in progress and drops what is pending; stops nothing: see stop_all. Not from a
  // callback.
  ~Supervisor();
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  // AlreadyExists, or Unavailable once stop_all was called.
  Result<> add(Registration registration);
  // Swaps the definition; a running instance is left alone. NotFound, Unavailable.
  Result<> update(Registration registration);
  // Stops the services, dependents among them first, and forgets them. Unknown ones are skipped.
  void remove(std::set<EntryId> ids, ServiceDone done = {});
  // Replaces the references of all entries, through which dependencies are found.
  void set_references(References references);

  // Starts the auto_start services added since the last call, with all they depend on.
  void start_auto();
  // Once, as soon as every service that start_auto has taken so far started, failed its first attempt or
  // turned out to be blocked. At least one start_auto is waited for.
  void on_first_attempts_settled(std::function<void()> callback);

  // Starts a service with all it depends on. `done` hears of its first attempt (of a running service:
  // success); retries go on without it. NotFound, Invalid (blocked, circle), Unavailable, Canceled, or the
  // service's error.
  void start(const EntryId& id, ServiceDone done = {});
  // Stops the services that need it, then itself. NotFound, Timeout, or the service's error.
  void stop(const EntryId& id, ServiceDone done = {});

  // For good: nothing starts any more. Attempts under way are abandoned at once, then all services stop level
  // by level, dependents first, whatever comes of each. After `timeout` (zero: none) the rest is given up:
  // Timeout. Otherwise the first error of a service, or success. A second call joins the first.
  void stop_all(Duration timeout, ServiceDone done);

  std::vector<ServiceStatus> snapshot() const;  // by id
  std::optional<ServiceStatus> status(const EntryId& id) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace trivium::units
