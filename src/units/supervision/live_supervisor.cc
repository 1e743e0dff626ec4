#include "units/supervision/live_supervisor.h"

#include "core/entry_id.h"
#include "core/wire.h"
#include "units/node.h"
#include "units/pid.h"
#include "units/process_host.h"
#include "units/supervision/supervisors.h"

namespace trivium::units {
namespace {

constexpr std::string_view sender = "{node:control|0x00001}";
constexpr std::string_view reason = "supervisor stopping";

std::vector<ChildRules> rules_of(const SupervisorSpec& spec) {
  std::vector<ChildRules> rules;
  rules.reserve(spec.children.size());
  for (const ChildSpec& child : spec.children) rules.push_back(child.rules);
  return rules;
}

Error of_child(const std::string& id, Error error) {
  error.message = "child " + id + ": " + error.message;
  return error;
}

}  // namespace

LiveSupervisor::LiveSupervisor(Node& node, std::shared_ptr<Strand> strand,
                               std::shared_ptr<const SupervisorSpec> spec, FrameRef frame,
                               SupervisionEvents events)
    : node_(node),
      strand_(std::move(strand)),
      spec_(std::move(spec)),
      frame_(std::move(frame)),
      events_(std::move(events)),
      machine_(spec_->strategy, spec_->intensity, rules_of(*spec_)) {
  Key key = 1;
  for (const ChildSpec& child : spec_->children) {
    by_id_.emplace(child.rules.id, key);
    children_[key++].spec = std::shared_ptr<const ChildSpec>(spec_, &child);
  }
}

int64_t LiveSupervisor::now_ns() const { return node_.timers().clock().monotonic_ns(); }

template <class Action>
void LiveSupervisor::on_strand(Action action) {
  const auto strand = strand_;  // a task may be the last to hold this
  strand->post([self = shared_from_this(), action = std::move(action)]() mutable { action(*self); });
}

void LiveSupervisor::start() {
  enter();
  machine_.start(now_ns());
  carry_out();
}

void LiveSupervisor::stop() {
  machine_.stop(now_ns());
  carry_out();
}

void LiveSupervisor::kill() {
  machine_.kill(now_ns());
  carry_out();
}

void LiveSupervisor::enter() {
  if (const auto directory = node_.service<Supervisors>()) directory->enter(address(), shared_from_this());
}

void LiveSupervisor::leave() {
  if (const auto directory = node_.service<Supervisors>()) directory->leave(address(), *this);
}

// --- carrying out ---------------------------------------------------------------------------------------

// What is carried out may bring news at once, and with them more to do: that comes after what is left.
void LiveSupervisor::carry_out() {
  if (carrying_out_) return;
  carrying_out_ = true;
  const auto keep = shared_from_this();
  for (auto actions = machine_.take_actions(); !actions.empty(); actions = machine_.take_actions()) {
    for (SupervisorMachine::Action& action : actions) {
      std::visit([this](auto& what) { perform(what); }, action);
    }
  }
  carrying_out_ = false;
  arm();
}

void LiveSupervisor::arm() {
  const std::optional<int64_t> due = machine_.deadline_ns();
  if (due == armed_ns_) return;
  if (armed_ns_) node_.timers().cancel(timer_);
  armed_ns_ = due;
  if (!due) return;
  timer_ = node_.timers().at(*due, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->on_strand([](LiveSupervisor& supervisor) {
      supervisor.armed_ns_.reset();
      supervisor.machine_.advance(supervisor.now_ns());
      supervisor.carry_out();
    });
  });
}

void LiveSupervisor::perform(const SupervisorMachine::Start& start) {
  Running& child = children_.at(start.key);
  if (child.spec->supervisor) {
    start_supervisor(start.key, start.run, child);
  } else {
    start_process(start.key, start.run, child);
  }
}

void LiveSupervisor::start_process(Key key, uint64_t run, Running& child) {
  const ChildSpec& spec = *child.spec;
  const auto host = std::dynamic_pointer_cast<ProcessHost>(node_.host(spec.host));
  if (!host) return child_started(key, run, fail(kind::not_found, "host not found: " + spec.host));
  SpawnRequest request;
  request.id = spec.process;
  request.arguments = encode_values(spec.input);
  request.frame = frame_;
  request.name = spec.name;
  request.name_must_be_free = true;
  request.restarts = machine_.children().at(key).restarts;
  request.on_exit = [self = shared_from_this(), key, run](Process&, Exit& exit) {
    self->on_strand([key, run, error = exit.error](LiveSupervisor& supervisor) mutable {
      supervisor.machine_.child_started(key, run, supervisor.now_ns());  // should it not be known yet
      supervisor.child_ended(key, run, std::move(error));
    });
  };
  child.run = run;
  ProcessHost::Spawning spawning = host->spawn(
      std::move(request), nullptr, [self = shared_from_this(), key, run](Result<std::string> pid) {
        self->on_strand([key, run, pid = std::move(pid)](LiveSupervisor& supervisor) {
          supervisor.process_started(key, run, pid);
        });
      });
  if (spawning.settled) return process_started(key, run, *spawning.settled);
  child.loading = std::move(spawning.process);
}

void LiveSupervisor::process_started(Key key, uint64_t run, const Result<std::string>& pid) {
  const auto at = children_.find(key);
  if (at == children_.end() || at->second.run != run) return;  // it has ended since
  Running& child = at->second;
  child.loading = nullptr;
  if (!pid) return child_started(key, run, fail(pid.error()));
  child.pid = *pid;
  by_pid_.emplace(*pid, key);
  if (machine_.children().at(key).state == ChildState::stopping) {  // it could not be told before
    if (child.killed) perform(SupervisorMachine::Kill{key});
    perform(SupervisorMachine::Stop{key});
  }
  child_started(key, run, {});
}

void LiveSupervisor::start_supervisor(Key key, uint64_t run, Running& child) {
  SupervisionEvents events;
  // Weak: the supervisor above holds the one below.
  events.started = [weak = weak_from_this(), key, run](const Result<>& result) {
    if (const auto self = weak.lock()) self->child_started(key, run, result);
  };
  events.failed = [weak = weak_from_this(), key, run](Error error) {
    if (const auto self = weak.lock()) self->child_ended(key, run, std::move(error));
  };
  events.stopped = [weak = weak_from_this(), key, run] {
    if (const auto self = weak.lock()) self->child_ended(key, run, std::nullopt);
  };
  child.run = run;
  child.supervisor =
      std::make_shared<LiveSupervisor>(node_, strand_, child.spec->supervisor, frame_, std::move(events));
  const auto keep = child.supervisor;
  keep->start();
}

void LiveSupervisor::child_started(Key key, uint64_t run, const Result<>& result) {
  if (result) {
    machine_.child_started(key, run, now_ns());
  } else {
    if (const auto at = children_.find(key); at != children_.end()) {
      at->second = Running{at->second.spec};
      log_child(LogLevel::error, "child did not start", key, result.error());
      machine_.child_not_started(key, run, of_child(at->second.spec->rules.id, result.error()), now_ns());
    }
  }
  carry_out();
}

void LiveSupervisor::child_ended(Key key, uint64_t run, std::optional<Error> error) {
  if (const auto at = children_.find(key); at != children_.end() && at->second.run == run) {
    by_pid_.erase(at->second.pid);
    at->second = Running{at->second.spec};
  }
  machine_.child_ended(key, run, std::move(error), now_ns());
  carry_out();
}

void LiveSupervisor::perform(const SupervisorMachine::Stop& stop) {
  const Running& child = children_.at(stop.key);
  if (const auto below = child.supervisor) return below->stop();
  if (child.loading) return child.loading->stop_loading();
  if (const sched::Ref<Process> process = node_.local(child.pid)) process->ask_to_stop(sender, reason);
}

void LiveSupervisor::perform(const SupervisorMachine::Kill& kill) {
  Running& child = children_.at(kill.key);
  child.killed = true;
  if (const auto below = child.supervisor) return below->kill();
  if (child.loading) return child.loading->stop_loading();
  if (const sched::Ref<Process> process = node_.local(child.pid)) {
    process->kill(Error::unspecified(kind::internal, "killed by its supervisor"));
  }
}

void LiveSupervisor::perform(const SupervisorMachine::Forget& forget) {
  const auto at = children_.find(forget.key);
  if (at == children_.end()) return;
  by_id_.erase(at->second.spec->rules.id);
  children_.erase(at);
}

void LiveSupervisor::perform(const SupervisorMachine::Restarting& restarting) {
  log_child(LogLevel::warn, "child ended, restarting", restarting.key, restarting.error);
}

void LiveSupervisor::perform(const SupervisorMachine::Lost& lost) {
  log_child(LogLevel::warn, "child failed", lost.key, lost.error);
}

void LiveSupervisor::log_child(LogLevel level, std::string_view message, Key key, const Error& error) const {
  const Log log = node_.log().renamed("supervision");
  if (!log.enabled(level)) return;
  const ChildSpec& spec = *children_.at(key).spec;
  Object fields{{"supervisor", address()}, {"child", spec.rules.id}, {"error", error.message}};
  if (spec.supervisor == nullptr) fields.set("process", spec.process);
  log.write(level, message, fields);
}

void LiveSupervisor::perform(SupervisorMachine::Answer& answer) {
  const auto at = requests_.find(answer.request);
  if (at == requests_.end()) return;
  const auto done = std::move(at->second);
  requests_.erase(at);
  done(std::move(answer.result));
}

void LiveSupervisor::perform(const SupervisorMachine::Started&) { events_.started({}); }

void LiveSupervisor::perform(const SupervisorMachine::StartFailed& failed) {
  leave();
  events_.started(fail(failed.error));
}

void LiveSupervisor::perform(const SupervisorMachine::Failed& failed) {
  leave();
  node_.log()
      .renamed("supervision")
      .error("supervisor failed", {{"supervisor", address()}, {"error", failed.error.message}});
  events_.failed(failed.error);
}

void LiveSupervisor::perform(const SupervisorMachine::Stopped&) {
  leave();
  events_.stopped();
}

// --- requests -------------------------------------------------------------------------------------------

std::optional<LiveSupervisor::Key> LiveSupervisor::find(const std::string& id_or_pid) const {
  const auto& index = looks_like_pid(id_or_pid) ? by_pid_ : by_id_;
  const auto at = index.find(id_or_pid);
  if (at == index.end()) return std::nullopt;
  return at->second;
}

void LiveSupervisor::start_child(ChildSpec child, std::function<void(Result<std::string>)> done) {
  on_strand([child = std::move(child), done = std::move(done)](LiveSupervisor& self) mutable {
    if (!self.spec_->dynamic) {
      return done(fail(kind::invalid, "supervisor " + self.address() + " takes no children on request"));
    }
    if (self.spec_->max_children > 0 && self.machine_.dynamic_children() >= self.spec_->max_children) {
      return done(fail(Error::unspecified(kind::rate_limited, "supervisor " + self.address() + " has " +
                                                                  std::to_string(self.spec_->max_children) +
                                                                  " children already")));
    }
    if (child.rules.id.empty()) {
      child.rules.id = EntryId::parse(child.process).name + "#" + std::to_string(++self.named_);
    }
    if (self.by_id_.contains(child.rules.id)) {
      return done(fail(kind::already_exists, "there is a child " + child.rules.id + " already"));
    }
    const SupervisorMachine::Request request = ++self.last_request_;
    const auto spec = std::make_shared<ChildSpec>(std::move(child));
    self.requests_.emplace(request, [&self, spec, done = std::move(done)](const Result<Key>& result) {
      if (!result) return done(fail(result.error()));
      const auto at = self.children_.find(*result);
      done(at == self.children_.end() ? std::string() : at->second.pid);
    });
    // The machine's actions are carried out below, when the child is entered.
    const Key key = self.machine_.add(request, spec->rules, self.now_ns());
    if (self.machine_.children().contains(key)) {
      self.children_[key].spec = spec;
      self.by_id_.emplace(spec->rules.id, key);
    }
    self.carry_out();
  });
}

void LiveSupervisor::terminate_child(std::string child, std::function<void(Result<>)> done) {
  on_strand([child = std::move(child), done = std::move(done)](LiveSupervisor& self) mutable {
    const std::optional<Key> key = self.find(child);
    if (!key) return done(fail(kind::not_found, "supervisor " + self.address() + " has no child " + child));
    const SupervisorMachine::Request request = ++self.last_request_;
    self.requests_.emplace(request, [done = std::move(done)](const Result<Key>& result) {
      done(result ? Result<>() : fail(result.error()));
    });
    self.machine_.terminate(request, *key, self.now_ns());
    self.carry_out();
  });
}

void LiveSupervisor::restart_child(std::string child, std::function<void(Result<std::string>)> done) {
  on_strand([child = std::move(child), done = std::move(done)](LiveSupervisor& self) mutable {
    const std::optional<Key> key = self.find(child);
    if (!key) return done(fail(kind::not_found, "supervisor " + self.address() + " has no child " + child));
    const SupervisorMachine::Request request = ++self.last_request_;
    self.requests_.emplace(request, [&self, done = std::move(done)](const Result<Key>& result) {
      if (!result) return done(fail(result.error()));
      const auto at = self.children_.find(*result);
      done(at == self.children_.end() ? std::string() : at->second.pid);
    });
    self.machine_.restart(request, *key, self.now_ns());
    self.carry_out();
  });
}

void LiveSupervisor::describe(std::function<void(SupervisorInfo)> done) {
  on_strand([done = std::move(done)](LiveSupervisor& self) { done(self.info()); });
}

SupervisorInfo LiveSupervisor::info() const {
  SupervisorInfo info{address(), spec_->strategy, spec_->intensity, spec_->dynamic, {}};
  for (const auto& [key, child] : machine_.children()) {
    const auto at = children_.find(key);
    if (at == children_.end()) continue;
    const Running& running = at->second;
    ChildInfo& shown = info.children.emplace_back();
    shown.id = running.spec->rules.id;
    shown.process = running.spec->process;
    if (running.spec->supervisor) shown.supervisor = running.spec->supervisor->address;
    shown.host = running.spec->host;
    shown.pid = running.pid;
    shown.state = name_of(child.state);
    shown.restart = child.rules.restart;
    shown.restarts = child.restarts;
    if (child.last_error) shown.last_error = child.last_error->message;
    if (running.supervisor) shown.below = std::make_shared<SupervisorInfo>(running.supervisor->info());
  }
  return info;
}

}  // namespace trivium::units
