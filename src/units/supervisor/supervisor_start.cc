// Registration and starting.
#include <utility>

#include "units/supervisor/supervisor_impl.h"

namespace trivium::units {

using Phase = ServiceRunner::Phase;

Supervisor::Impl::Impl(SupervisorOptions options)
    : options_(std::move(options)),
      context_{strand_, options_.timers, options_.random, options_.log, *this} {}

Supervisor::Impl::~Impl() {
  strand_->close();
  options_.timers.cancel(stop_all_timer_);
}

ServiceStatus Supervisor::Impl::initial_status(const EntryId& id) const {
  ServiceStatus status;
  status.id = id;
  status.last_update_ns = options_.timers.clock().wall_ns();
  return status;
}

void Supervisor::Impl::add(Registration registration) {
  const EntryId id = registration.id;
  Entry& entry = entries_[id];
  entry.runner =
      std::make_shared<ServiceRunner>(context_, id, registration.lifecycle, std::move(registration.service));
  entry.lifecycle = std::move(registration.lifecycle);
  entry.lifecycle_refs = std::move(registration.lifecycle_refs);
  options_.log.info("service registered", {{"serviceID", id.text()}});
}

void Supervisor::Impl::update(Registration registration) {
  const auto at = entries_.find(registration.id);
  if (at == entries_.end()) return;
  at->second.runner->replace(registration.lifecycle, std::move(registration.service));
  at->second.lifecycle = std::move(registration.lifecycle);
  at->second.lifecycle_refs = std::move(registration.lifecycle_refs);
}

ServiceGraph Supervisor::Impl::graph(bool all) const {
  ServiceGraph graph{{}, references_};
  for (const auto& [id, entry] : entries_) {
    if (entry.leaving && !all) continue;
    graph.services[id] = {entry.lifecycle_refs, entry.lifecycle.optional,
                          entry.runner->phase() == Phase::running};
  }
  return graph;
}

void Supervisor::Impl::changed(const ServiceStatus& status) {
  board_.set(status);
  if (options_.on_update) options_.on_update(status);
}

// ---- requests ------------------------------------------------------------------------------------------

void Supervisor::Impl::start_auto() {
  if (closing_) return;
  std::vector<EntryId> roots;
  for (auto& [id, entry] : entries_) {
    if (std::exchange(entry.fresh, false) && entry.lifecycle.auto_start && !entry.leaving)
      roots.push_back(id);
  }
  auto_started_ = true;
  ++auto_open_;
  start_roots(roots, [this](const Result<>&) {
    if (--auto_open_ > 0) return;
    for (const auto& callback : std::exchange(settled_callbacks_, {})) callback();
  });
}

void Supervisor::Impl::on_first_attempts_settled(std::function<void()> callback) {
  if (auto_started_ && auto_open_ == 0) {
    callback();
  } else {
    settled_callbacks_.push_back(std::move(callback));
  }
}

void Supervisor::Impl::start(const EntryId& id, ServiceDone done) {
  Entry& entry = entries_.at(id);
  if (entry.leaving) return done(fail(kind::not_found, "service " + id.text() + " is being removed"));
  if (entry.runner->phase() == Phase::delayed) {  // no longer
    entry.planned = true;
    entry.setback.reset();
    entry.runner->start();
  }
  start_roots({id}, std::move(done));
}

void Supervisor::Impl::start_roots(const std::vector<EntryId>& roots, ServiceDone done) {
  Result<StartPlan> plan = plan_start(graph(), roots);
  if (!plan) {
    bool required = false;
    for (const EntryId& root : roots) required |= !entries_.at(root).lifecycle.optional;
    options_.log.write(required ? LogLevel::error : LogLevel::warn, "failed to execute commit protocol",
                       {{"error", plan.error().message}});
    done(tl::unexpected(plan.error()));
    return;
  }
  for (const PlannedService& planned : plan->services) join_or_plan(planned);
  for (const BlockedService& blocked : plan->blocked) block(blocked);

  Request request;
  for (const EntryId& root : roots) {
    const Entry& entry = entries_.at(root);
    if (entry.planned && !entry.setback) {
      request.open.insert(root);
    } else if (entry.setback && !request.error) {
      request.error = entry.setback;
    }
  }
  if (request.open.empty()) {
    done(request.error ? Result<>(tl::unexpected(*request.error)) : Result<>());
  } else {
    request.done = std::move(done);
    requests_.push_back(std::move(request));
  }
  for (const PlannedService& planned : plan->services) launch(planned.id);
}

// ---- plans ---------------------------------------------------------------------------------------------

void Supervisor::Impl::join_or_plan(const PlannedService& planned) {
  Entry& entry = entries_.at(planned.id);
  if (entry.planned) {
    entry.required |= planned.required;
    return;
  }
  entry.planned = true;
  entry.required = planned.required;
  const Phase phase = entry.runner->phase();
  if (phase == Phase::starting || phase == Phase::delayed) return;  // being restarted
  entry.setback.reset();
  entry.awaits = planned.awaits;
  entry.runner->want();
}

void Supervisor::Impl::block(const BlockedService& blocked) {
  Entry& entry = entries_.at(blocked.id);
  if (entry.planned) return;  // under way since before the reference was lost
  entry.setback = blocked.error;
  entry.runner->blocked(blocked.error);
  report_plan_failure(blocked.id, blocked.required, blocked.error, {});
}

void Supervisor::Impl::launch(const EntryId& id) {
  const auto at = entries_.find(id);
  if (at == entries_.end() || !at->second.planned || !at->second.awaits.empty()) return;
  const Phase phase = at->second.runner->phase();
  if (phase != Phase::idle && phase != Phase::stopping) return;
  options_.log.info("starting service", {{"service_id", id.text()}});
  at->second.runner->start();
}

void Supervisor::Impl::started(const EntryId& id) {
  Entry& entry = entries_.at(id);
  entry.planned = false;
  entry.setback.reset();
  settle(id, {});
  std::vector<EntryId> ready;
  for (auto& [other, waiting] : entries_) {
    if (waiting.awaits.erase(id) > 0 && waiting.awaits.empty()) ready.push_back(other);
  }
  for (const EntryId& other : ready) launch(other);
}

void Supervisor::Impl::attempt_failed(const EntryId& id, const Error& error, bool final) {
  Entry& entry = entries_.at(id);
  const bool planned = entry.planned;
  if (final) entry.planned = false;
  entry.setback = error;
  settle(id, tl::unexpected(error));
  const std::vector<EntryId> held = hold_dependents(id, error, final);
  if (planned && final) report_plan_failure(id, entry.required, error, held);
}

std::vector<EntryId> Supervisor::Impl::hold_dependents(const EntryId& id, const Error& error, bool final) {
  const Error reason =
      Error::of(kind::unavailable, "dependency " + id.text() + " did not start: " + error.message);
  std::vector<EntryId> held;
  std::vector<EntryId> causes{id};
  for (size_t i = 0; i < causes.size(); ++i) {
    for (auto& [other, waiting] : entries_) {
      if (waiting.awaits.count(causes[i]) == 0 || (!final && waiting.setback)) continue;
      waiting.setback = reason;
      causes.push_back(other);
      if (final) {
        waiting.awaits.clear();
        waiting.planned = false;
        waiting.runner->blocked(reason);
        held.push_back(other);
      }
    }
  }
  for (size_t i = 1; i < causes.size(); ++i) settle(causes[i], tl::unexpected(reason));
  return held;
}

void Supervisor::Impl::report_plan_failure(const EntryId& id, bool required, const Error& error,
                                           const std::vector<EntryId>& held) const {
  Object fields{{"serviceID", id.text()}, {"error", error.message}};
  if (!held.empty()) {
    Array ids;
    for (const EntryId& other : held) ids.emplace_back(other.text());
    fields.set("blocked", std::move(ids));
  }
  if (required) {
    options_.log.error("failed to execute commit protocol", fields);
  } else {
    options_.log.warn("optional service did not start", fields);
  }
}

void Supervisor::Impl::settle(const EntryId& id, const Result<>& result) {
  std::list<Request> complete;
  for (auto request = requests_.begin(); request != requests_.end();) {
    const auto next = std::next(request);
    if (request->open.erase(id) > 0) {
      if (!result && !request->error) request->error = result.error();
      if (request->open.empty()) complete.splice(complete.end(), requests_, request);
    }
    request = next;
  }
  for (const Request& request : complete) {
    request.done(request.error ? Result<>(tl::unexpected(*request.error)) : Result<>());
  }
}

}  // namespace trivium::units
