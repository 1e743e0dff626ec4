#include "units/process_host.h"

#include "sched/timers.h"
#include "units/commands/reply.h"
#include "units/network_option.h"
#include "units/node.h"
#include "units/pid.h"

namespace trivium::units {

ProcessHost::ProcessHost(Node& node, Options options)
    : node_(node),
      options_(std::move(options)),
      lane_(sched::make_ref<sched::Lane>(
          node.scheduler(), options_.workers == 0 ? sched::Lane::unlimited : options_.workers)) {}

void ProcessHost::start() {
  const std::lock_guard lock(mutex_);
  state_ = State::running;
  stopping_.store(false, std::memory_order_relaxed);
}

void ProcessHost::set_workers(size_t workers) {
  wanted_workers_.store(workers, std::memory_order_relaxed);
  lane_->set_limit(workers);
}

void ProcessHost::configure_workers(size_t workers) {
  wanted_workers_.store(0, std::memory_order_relaxed);
  lane_->set_limit(workers == 0 ? sched::Lane::unlimited : workers);
}

void ProcessHost::abandon() {
  std::unordered_map<uint64_t, sched::Ref<Process>> left;
  const std::lock_guard lock(mutex_);
  left.swap(processes_);
}

size_t ProcessHost::size() const {
  const std::lock_guard lock(mutex_);
  return processes_.size();
}

void ProcessHost::stop(const std::function<void()>& done) {
  std::vector<sched::Ref<Process>> remaining;
  {
    const std::lock_guard lock(mutex_);
    state_ = State::stopping;
    stopping_.store(true, std::memory_order_relaxed);
    for (const auto& [serial, process] : processes_) remaining.push_back(process);
    if (!remaining.empty()) stopped_ = done;
  }
  if (remaining.empty()) {
    done();
    return;
  }
  for (const auto& process : remaining) process->ask_to_stop("{|}", "scheduler shutdown");
  const std::lock_guard lock(mutex_);
  if (!stopped_) return;  // all of them ended meanwhile
  deadline_ =
      node_.timers().after(options_.stop_timeout, [self = shared_from_this()] { self->kill_remaining(); });
}

void ProcessHost::kill_remaining() {
  std::vector<sched::Ref<Process>> remaining;
  {
    const std::lock_guard lock(mutex_);
    if (!stopped_) return;
    for (const auto& [serial, process] : processes_) remaining.push_back(process);
  }
  for (const auto& process : remaining) process->kill(canceled_error());
}

void ProcessHost::forget(const Process& process) {
  std::function<void()> stopped;
  sched::Ref<Process> forgotten;
  {
    const std::lock_guard lock(mutex_);
    if (const auto at = processes_.find(process.serial()); at != processes_.end()) {
      forgotten = std::move(at->second);
      processes_.erase(at);
    }
    if (processes_.empty()) stopped = std::exchange(stopped_, nullptr);
    if (stopped) node_.timers().cancel(std::exchange(deadline_, sched::TimerId::none));
  }
  if (stopped) stopped();
}

Result<> ProcessHost::accept() const {
  const std::lock_guard lock(mutex_);
  switch (state_) {
    case State::running:
      return {};
    case State::registered:
      return trivium::fail(kind::unavailable, "host is not running");
    case State::stopping:
      break;
  }
  return trivium::fail(kind::unavailable, "host is shutting down");
}

// Spawn or signal: the owner of the name gets the messages instead. Nothing when there is none, or when it
// ended before it could take them and so freed the name.
std::optional<std::string> ProcessHost::signal_owner(const std::string& name,
                                                     const std::vector<lua::Message>& messages) {
  std::optional<std::string> owner = node_.names().find(name);
  if (!owner) return std::nullopt;
  for (const lua::Message& message : messages) {
    if (!node_.deliver(*owner, message) && node_.names().find(name) != owner) return std::nullopt;
  }
  return owner;
}

ProcessHost::Spawning ProcessHost::spawn(SpawnRequest request, Process* starter, Spawned later) {
  const auto refused = [](Error error) { return Spawning{fail(std::move(error)), nullptr}; };
  if (Result<> accepted = accept(); !accepted) return refused(std::move(accepted.error()));
  if (!request.name.empty() && !request.name_must_be_free) {
    if (std::optional<std::string> owner = signal_owner(request.name, request.messages))
      return {std::move(*owner), nullptr};
  }
  auto program = node_.programs().find_process(request.id);
  if (!program) return refused(std::move(program.error()));
  ProcessSpec spec;
  spec.program = std::move(*program);
  spec.arguments = std::move(request.arguments);
  spec.frame = std::move(request.frame);
  spec.process_host = shared_from_this();
  spec.lane = lane_;
  spec.restarts = request.restarts;
  spec.parent_scope = request.scope;
  spec.caller = std::move(request.caller);
  spec.activity = std::move(request.activity);
  spec.on_exit = std::move(request.on_exit);
  if (options_.terminal) {
    spec.on_exit = [report = options_.on_terminal_exit, next = std::move(spec.on_exit)](Process& process,
                                                                                        units::Exit& exit) {
      if (report) report(process, exit);
      if (next) next(process, exit);
    };
  }
  const sched::Ref<Process> process = sched::make_ref<Process>(node_, std::move(spec));
  {
    const std::lock_guard lock(mutex_);
    if (state_ != State::running) return refused(Error::of(kind::unavailable, "host is shutting down"));
    processes_.emplace(process->serial(), process);
  }
  if (request.scope && !request.scope->adopt(process->serial(), process)) {
    forget(*process);
    return refused(canceled_error());
  }
  Result<bool> loaded = starter != nullptr ? process->load_for(*starter) : Result<bool>(false);
  if (!loaded) {
    leave(*process);
    return refused(std::move(loaded.error()));
  }
  if (*loaded) return {enter(process, request), process};
  process->load_later([self = shared_from_this(), process = process.get(), request = std::move(request),
                       later = std::move(later)](Result<> done) {
    if (done) return later(self->enter(sched::Ref<Process>(process), request));
    self->leave(*process);
    later(fail(std::move(done.error())));
  });
  return {std::nullopt, process};
}

// It never ran.
void ProcessHost::leave(Process& process) {
  process.discard();
  forget(process);
}

// All of it before anybody can know the PID, so that nothing comes before these messages and no end is
// missed. A terminal's process stands alone.
Result<std::string> ProcessHost::enter(const sched::Ref<Process>& process, const SpawnRequest& request) {
  for (const lua::Message& message : request.messages) process->preload(message);
  if (request.watcher && !options_.terminal) (void)process->add_watcher(*request.watcher);
  if (request.partner && !options_.terminal) (void)Process::link(*request.partner, *process);
  process->publish();
  if (!request.name.empty()) process->note_name();
  while (!request.name.empty() && !options_.terminal &&
         node_.names().insert(request.name, process->pid_text()) == Names::Registered::taken) {
    if (request.name_must_be_free) {
      leave(*process);
      return trivium::fail(
          Error::unspecified(kind::already_exists, "name already registered: " + request.name));
    }
    if (std::optional<std::string> owner = signal_owner(request.name, request.messages)) {
      leave(*process);
      return std::move(*owner);
    }
  }
  process->launch();
  return process->pid_text();
}

// What code starts, as opposed to the runtime, waits for better times when memory is short.
Result<> ProcessHost::admit(const Process& caller, const Values& arguments, const CallSettings& settings) {
  if (Result<> found = find_network(settings.options.find("network")); !found) return found;
  constexpr size_t about_a_process = 16 << 10;
  return node_.memory().admit_process(about_a_process + arguments.bytes.size(), caller.entry());
}

lua::Dispatch ProcessHost::spawn(Process& caller, lua::OpId op, Spawn& command, lua::Reply& reply) {
  if (Result<> admitted = admit(caller, command.arguments, command.settings); !admitted)
    return refuse(reply, std::move(admitted.error()));
  SpawnRequest request;
  request.id = command.id;
  request.arguments = std::move(command.arguments);
  request.frame = overlay(caller.context(), command.settings);
  request.name = command.name;
  request.messages = std::move(command.messages);
  if (command.monitor) request.watcher = sched::Ref<Process>(&caller);
  if (command.link) request.partner = sched::Ref<Process>(&caller);
  Spawning spawning = spawn(std::move(request), &caller,
                            [waiter = sched::Ref<Process>(&caller), op](Result<std::string> pid) {
                              lua::Reply late;
                              answer(late, std::move(pid));
                              waiter->post_reply(op, std::move(late));
                            });
  if (spawning.settled) return answer(reply, std::move(*spawning.settled));
  caller.at_end(op, [process = std::move(spawning.process)] { process->stop_loading(); });
  return lua::Dispatch::pending;
}

lua::Dispatch ProcessHost::exec(Process& caller, lua::OpId op, Exec& command, lua::Reply& reply) {
  const auto failure = [](const Error& cause) {
    return Error::of(kind::internal, "exec failed: " + cause.message);
  };
  if (Result<> admitted = admit(caller, command.arguments, command.settings); !admitted)
    return refuse(reply, failure(admitted.error()));
  SpawnRequest request;
  request.id = command.id;
  request.arguments = std::move(command.arguments);
  request.frame = overlay(caller.context(), command.settings);
  request.on_exit = [waiter = sched::Ref<Process>(&caller), op](Process&, units::Exit& exit) {
    waiter->post_reply(op, {std::move(exit.error), std::move(exit.values)});
  };
  Spawning spawning =
      spawn(std::move(request), &caller,
            [waiter = sched::Ref<Process>(&caller), op, failure](const Result<std::string>& pid) {
              if (!pid) waiter->post_reply(op, lua::Reply::failure(failure(pid.error())));
            });
  if (spawning.settled && !*spawning.settled) return refuse(reply, failure(spawning.settled->error()));
  if (!spawning.settled)
    caller.at_end(op, [process = std::move(spawning.process)] { process->stop_loading(); });
  return lua::Dispatch::pending;
}

lua::Dispatch ProcessHost::send(Process&, lua::OpId, Send&, lua::Reply& reply) {
  return refuse(reply, Error::of(kind::not_found, "process not found"));
}

lua::Dispatch ProcessHost::control(Process&, lua::OpId, Control& command, lua::Reply& reply) {
  if (command.verb == Control::Verb::unmonitor || command.verb == Control::Verb::unlink)
    return answer(reply, Value(true));
  const bool link = command.verb == Control::Verb::link;
  return refuse(reply, Error::of(kind::internal, link ? "pid not registered" : "process not found"));
}

}  // namespace trivium::units
