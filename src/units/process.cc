#include "units/process.h"

#include <cstring>

#include "core/fetch.h"
#include "units/activity_context.h"
#include "units/commands/live_command.h"
#include "units/function_pool.h"
#include "units/node.h"
#include "units/pid.h"
#include "units/process_host.h"
#include "units/process_timer.h"

namespace trivium::units {

namespace {

constexpr std::string_view exit_kind = "pid.exit";
constexpr std::string_view link_down_kind = "pid.link.down";

// {kind, from, at, …} as an encoded table; `put_rest` writes `rest` further pairs.
template <class PutRest>
Values encode_event(std::string_view kind, std::string_view from, int64_t now_ns, uint32_t rest,
                    PutRest put_rest) {
  Values values;
  wire::Writer out(values.bytes);
  out.byte(wire::table);
  out.byte(wire::object_when_empty);
  out.varint(0);
  out.u32(3 + rest);
  out.put_string("kind");
  out.put_string(kind);
  out.put_string("from");
  out.put_string(from);
  out.put_string("at");
  out.put_integer(now_ns / 1'000'000'000);
  put_rest(values.bytes, out);
  values.count = 1;
  return values;
}

// result = {value = v} | {error = e} | {}
void put_result(std::string& bytes, wire::Writer& out, const Boxed<Error>& error, const Values& values) {
  out.put_string("result");
  out.byte(wire::table);
  out.byte(wire::object_when_empty);
  out.varint(0);
  out.u32(error || !values.empty() ? 1 : 0);
  if (error) {
    out.put_string("error");
    wire::put(out, *error);
  } else if (!values.empty()) {
    out.put_string("value");
    bytes += values.bytes;
  }
}

lua::Message event_message(Values values) {
  return {std::string(lua::topic::events), std::string(), std::move(values)};
}

Error link_failure() { return Error::unspecified(kind::unknown, "linked process failed"); }

}  // namespace

Process::Process(Node& node, ProcessSpec spec)
    : Runnable(spec.lane), node_(node), spec_(std::move(spec)), serial_(node.next_serial()) {
  if (spec_.at_once != nullptr) return;
  pid_ = format_pid(host_id(), serial_);
  created_ns_ = node.clock().monotonic_ns();
}

// What its code holds may still ask for the rest of this.
Process::~Process() { isolate_.reset(); }

const std::string& Process::host_id() const {
  if (spec_.pool) return spec_.pool->host();
  return spec_.process_host ? spec_.process_host->id() : spec_.host.text();
}

const std::shared_ptr<CallScope>& Process::scope() {
  if (!scope_) scope_ = std::make_shared<CallScope>(spec_.parent_scope);
  return scope_;
}

Result<> Process::build_isolate() {
  lua::IsolateOptions options = node_.isolate_options();
  // After an upgrade replies to the old code's operations may still come.
  if (isolate_) options.first_op = isolate_->next_op();
  auto isolate = lua::Isolate::create(*this, spec_.program, options);
  if (!isolate) return fail(std::move(isolate.error()));
  isolate_ = std::move(*isolate);
  return {};
}

// False: the slice is over, call again.
Result<bool> Process::load() {
  if (!isolate_) {
    if (Result<> built = build_isolate(); !built) return trivium::fail(std::move(built.error()));
  }
  if (isolate_->loaded()) return true;
  running_.store(isolate_.get(), std::memory_order_relaxed);
  Result<bool> loaded = isolate_->load();
  running_.store(nullptr, std::memory_order_relaxed);
  if (!loaded && upgraded_) loaded.error().message = "upgrade: init failed: " + loaded.error().message;
  return loaded;
}

Result<bool> Process::load_for(Process& starter) {
  if (Result<> built = build_isolate(); !built) return trivium::fail(std::move(built.error()));
  // Whoever interrupts the starter means the code that runs now.
  lua::Isolate* interrupted = starter.running_.exchange(isolate_.get(), std::memory_order_relaxed);
  Result<bool> loaded = isolate_->load();
  starter.running_.store(interrupted, std::memory_order_relaxed);
  return loaded;
}

void Process::load_later(std::function<void(Result<>)> on_loaded) {
  extras().on_loaded = std::move(on_loaded);
  stage_.store(Stage::loading);
  node_.scheduler().wake(*this);
}

void Process::stop_loading() {
  if (stage_.load() == Stage::loading) kill(canceled_error());
}

void Process::publish() {
  known_ = true;
  node_.processes().insert(serial_, sched::Ref<Process>(this));
}

// A call from inside its caller's slice becomes like any other.
void Process::become_known() {
  if (std::exchange(known_, true)) return;
  pid_ = format_pid(host_id(), serial_);
  created_ns_ = node_.clock().monotonic_ns();
  const sched::Ref<Process> self(this);
  if (spec_.parent_scope && !spec_.parent_scope->adopt(serial_, self)) kill(canceled_error());
  node_.processes().insert(serial_, self);
}

void Process::detach() {
  if (std::exchange(spec_.at_once, nullptr) != nullptr && pid_.empty()) {
    pid_ = format_pid(host_id(), serial_);
    created_ns_ = node_.clock().monotonic_ns();
  }
  if (spec_.on_exit || spec_.waiter == nullptr) return;
  spec_.on_exit = [waiter = sched::Ref<Process>(spec_.waiter), op = spec_.op](Process&, Exit& exit) {
    waiter->post_reply(op, {std::move(exit.error), std::move(exit.values)});
  };
}

void Process::launch() {
  if (!is_call()) publish_life("started", nullptr);
  if (spec_.activity) spec_.activity->began();
  stage_.store(Stage::launched);
  node_.scheduler().wake(*this);
}

// A kill that came before finds the stage or is found here.
void Process::wait_for_worker() {
  Stage held = Stage::held;
  stage_.compare_exchange_strong(held, Stage::waiting);
  if (kill_requested_.load()) node_.scheduler().wake(*this);
}

void Process::discard() {
  node_.processes().erase(serial_);
  mailbox_.close();
  (void)end_relations();
  if (spec_.parent_scope) spec_.parent_scope->release(serial_);
  isolate_.reset();
}

void Process::abandon() {
  mailbox_.close();
  if (scope_) scope_->abandon();
  if (spec_.pool) (void)spec_.pool->withdraw(*this);
  relations_ = {};
  correspondent_.reset();
  extras_.reset();
  spec_.on_exit = nullptr;
}

// --- from any thread --------------------------------------------------------------------------------

void Process::has_mail() {
  if (stage_.load() != Stage::held) node_.scheduler().wake(*this);
}

void Process::kill(Error error) {
  kill_requested_.store(true);
  post(Kill{std::move(error)});
}

void Process::cancel_call(std::string_view reason) {
  if (is_call()) return kill(canceled_error());
  stop_loading();
  post_event("pid.cancel", spec_.caller.text(), {{"reason", reason}});
}

Process::Figures Process::figures() const {
  Figures figures;
  const Stage stage = stage_.load(std::memory_order_relaxed);
  const bool computes = running_.load(std::memory_order_relaxed) != nullptr;
  figures.state = stage == Stage::waiting    ? "queued"
                  : stage != Stage::launched ? "loading"
                  : computes                 ? "running"
                                             : "waiting";
  figures.started_ns = created_ns_;
  figures.mailbox = mailbox_.size() + untaken_.load(std::memory_order_relaxed);
  figures.memory = memory_.load(std::memory_order_relaxed);
  const std::lock_guard lock(relations_lock_);
  for (const auto& watcher : relations_.watchers) figures.watchers += watcher->ended() ? 0 : 1;
  figures.links = relations_.links.size();
  return figures;
}

bool Process::post_event(std::string_view kind, std::string_view from, Object extra) {
  return post(
      event_message(encode_event(kind, from, node_.clock().wall_ns(), static_cast<uint32_t>(extra.size()),
                                 [&](std::string&, wire::Writer& out) {
                                   for (const auto& [key, value] : extra) {
                                     out.put_string(key);
                                     wire::put(out, value);
                                   }
                                 })));
}

bool Process::post_exit(std::string_view from, const Boxed<Error>& error, const Values& values) {
  return post(event_message(
      encode_event(exit_kind, from, node_.clock().wall_ns(), 1,
                   [&](std::string& bytes, wire::Writer& out) { put_result(bytes, out, error, values); })));
}

void Process::ask_to_stop(std::string_view from, std::string_view reason) {
  stop_loading();
  post_event("pid.cancel", from, {{"reason", reason}});
  post(Deferred{[](Process& self) { self.stopping_ = true; }});
}

// --- running ----------------------------------------------------------------------------------------

sched::Outcome Process::run() {
  // The first run goes to the entry function before any notification is looked at, so that what it
  // sets first (trap_links) counts for them. A computation that was pre-empted is not disturbed either.
  const bool first = !begun_;
  const bool look = !(first || computing_) || kill_requested_.load(std::memory_order_acquire);
  looking_ = look && !first;
  if (look && first) take_mail();
  const Stage stage = stage_.load();
  if (killed_ && stage == Stage::loading) {
    end_as_loaded(fail(std::move(*killed_)));
    return sched::Outcome::done;
  }
  if (killed_) {
    complete({std::move(killed_), {}});
    return sched::Outcome::done;
  }
  if (stage == Stage::loading) return go_on_loading();
  if (first && stage != Stage::launched) return sched::Outcome::idle;
  if (first) {
    if (isolate_) isolate_->set_host(*this);
    const Result<bool> loaded = load();
    if (!loaded) {
      complete({loaded.error(), {}});
      return sched::Outcome::done;
    }
    if (!*loaded) return sched::Outcome::again;
    begun_ = true;
    isolate_->start(is_call() ? std::move(spec_.arguments) : spec_.arguments);
  }
  const sched::Outcome outcome = step();
  if (outcome != sched::Outcome::idle) return outcome;
  const bool more = (extras_ && !extras_->left.empty()) || (!look && mailbox_.size() > 0);
  return more ? sched::Outcome::again : sched::Outcome::idle;
}

// Its caller waits on this thread and nobody else knows it: if it ends without having waited for anything,
// nobody ever will.
sched::Outcome Process::run_inside() {
  const bool has_worker = spec_.pool->begin_now(*this);
  sched::Outcome outcome = sched::Outcome::idle;
  if (has_worker) {
    stage_.store(Stage::launched, std::memory_order_relaxed);
    outcome = run();
    if (outcome == sched::Outcome::done) return outcome;
  }
  become_known();
  detach();
  if (!has_worker) spec_.pool->run(sched::Ref<Process>(this));
  return outcome;
}

sched::Outcome Process::go_on_loading() {
  Result<bool> loaded = load();
  if (loaded && !*loaded) return sched::Outcome::again;
  const bool failed = !loaded;
  end_as_loaded(failed ? fail(std::move(loaded.error())) : Result<>());
  return failed ? sched::Outcome::done : sched::Outcome::idle;
}

void Process::end_as_loaded(Result<> loaded) {
  if (!loaded) discard();
  std::exchange(extras_->on_loaded, nullptr)(std::move(loaded));
}

sched::Outcome Process::step() {
  computing_ = false;
  running_.store(isolate_.get(), std::memory_order_relaxed);
  const lua::Isolate::Step step = isolate_->run();
  running_.store(nullptr, std::memory_order_relaxed);
  if (killed_) {
    complete({std::move(killed_), {}});
    return sched::Outcome::done;
  }
  const size_t grown = note_memory();
  untaken_.store(isolate_->mailbox_size(), std::memory_order_relaxed);
  if (upgrading_) return upgrade();
  if (grown != 0 && step != lua::Isolate::Step::finished) {
    if (Result<> admitted = node_.memory().admit_growth(grown, entry()); !admitted) {
      complete({std::move(admitted.error()), {}});
      return sched::Outcome::done;
    }
  }
  if (step == lua::Isolate::Step::waiting) {
    if (!stopping_ || !isolate_->waits_for_messages_only()) return sched::Outcome::idle;
    complete({canceled_error(), {}});
    return sched::Outcome::done;
  }
  if (step == lua::Isolate::Step::preempted) {
    computing_ = true;
    return sched::Outcome::again;
  }
  lua::Outcome outcome = isolate_->take_outcome();
  complete({std::move(outcome.error), std::move(outcome.values)});
  return sched::Outcome::done;
}

// By how much its isolate has grown since the last slice, if that is worth a look at the memory of the whole.
size_t Process::note_memory() {
  constexpr int worth_a_look = 20;  // bits: every full megabyte is
  const size_t used = isolate_->memory_used();
  const size_t before = memory_.load(std::memory_order_relaxed);
  memory_.store(used, std::memory_order_relaxed);
  return used >> worth_a_look > before >> worth_a_look ? used - before : 0;
}

// Called in a signal handler, by this thread, while step() runs Lua code.
void Process::preempt() noexcept {
  lua::Isolate* isolate = running_.load(std::memory_order_relaxed);
  if (isolate == nullptr) return;
  if (kill_requested_.load(std::memory_order_relaxed)) isolate->kill();
  isolate->interrupt();
}

void Process::fetch_ahead(size_t turns) noexcept {
  // Until it is launched, others may still be giving it an isolate.
  if (stage_.load() != Stage::launched || !isolate_) return;
  isolate_->fetch_ahead(turns);
}

void Process::take(LinkDown& down) {
  if (!trap_links()) {
    if (!killed_) killed_ = link_failure();
    return;
  }
  isolate_->deliver(event_message(
      encode_event(link_down_kind, down.from, node_.clock().wall_ns(), 1,
                   [&](std::string& bytes, wire::Writer& out) { put_result(bytes, out, down.error, {}); })));
}

// The last eight characters.
uint64_t Process::end_of(std::string_view pid) {
  uint64_t end = 0;
  if (pid.size() >= sizeof end) std::memcpy(&end, pid.data() + pid.size() - sizeof end, sizeof end);
  return end;
}

Process* Process::correspondent(std::string_view pid) {
  // The text of its PID is somewhere else in memory: read only when the end of it, which is here, is alike.
  const uint64_t end = end_of(pid);
  if (!correspondent_ || correspondent_end_ != end || correspondent_->pid_.text() != pid ||
      correspondent_->ended()) {
    correspondent_ = node_.local(pid);
    correspondent_end_ = end;
  }
  return correspondent_.get();
}

// --- the end ----------------------------------------------------------------------------------------

// Order matters: unreachable, names free, watchers, links, resources, callees.
void Process::complete(Exit exit) {
  if (known_) node_.processes().erase(serial_);
  mailbox_.close();
  const Relations relations = end_relations();
  // One that nobody knew may have to be named all the same.
  if (pid_.empty() && (exit.error || !relations.links.empty())) pid_ = format_pid(host_id(), serial_);
  report(exit, relations);
  if (has_names_.load(std::memory_order_acquire)) node_.names().erase_all_of(pid_);
  for (const auto& watcher : relations.watchers) watcher->post_exit(pid_.text(), exit.error, exit.values);
  if (exit.error) {
    for (const auto& partner : relations.links) partner->post(LinkDown{pid_.text(), *exit.error});
  }
  if (deadline_ != sched::TimerId::none) node_.timers().cancel(deadline_);
  release_resources();
  if (extras_) {
    for (const auto& action : std::exchange(extras_->at_exit, {})) action();
  }
  if (!is_call()) publish_life("ended", exit.error ? &*exit.error : nullptr);
  const bool returned = is_call() && !kill_requested_.load(std::memory_order_relaxed);
  if (spec_.parent_scope && known_) spec_.parent_scope->release(serial_);
  if (scope_ && returned) scope_->hand_up();
  if (scope_ && !returned) scope_->cancel();
  if (spec_.pool) {
    spec_.pool->metrics().end(exit.error.has_value(), spec_.timed_from_ns, node_.clock());
    // A call cancelled while it waited for a worker has none to give back.
    if (begun_ || !spec_.pool->withdraw(*this)) {
      if (isolate_ && !isolate_->reusable()) isolate_.reset();
      spec_.pool->give_back(std::move(isolate_));
    }
  } else {
    isolate_.reset();
    if (spec_.process_host) spec_.process_host->forget(*this);
  }
  if (spec_.at_once != nullptr) {
    *spec_.at_once = std::move(exit);
    return;
  }
  if (auto on_exit = std::exchange(spec_.on_exit, nullptr)) on_exit(*this, exit);
}

void Process::release_resources() {
  correspondent_.reset();
  if (!extras_) return;
  for (const auto& timer : std::exchange(extras_->timers, {})) timer->stop();
  for (auto& [op, action] : std::exchange(extras_->at_end, {})) action();
}

void Process::limit_time(Duration timeout, Error error) {
  deadline_ =
      node_.timers().after(timeout, [self = sched::Ref<Process>(this), error = std::move(error)]() mutable {
        self->kill(std::move(error));
      });
}

// --- timers -----------------------------------------------------------------------------------------

void Process::start_timer(lua::OpId op, Duration delay, bool periodic) {
  extras().timers.push_back(ProcessTimer::start(*this, op, delay, periodic));
}

// --- the host of the isolate ------------------------------------------------------------------------

lua::Dispatch Process::dispatch(lua::Isolate&, lua::Command& command, lua::OpId op, lua::Reply& reply) {
  return static_cast<LiveCommand&>(command).perform(*this, op, reply);
}

bool Process::answers_at_once(const lua::Command& command) {
  return static_cast<const LiveCommand&>(command).immediate();
}

void Process::abandon(lua::Isolate&, lua::OpId op) {
  if (extras_) std::erase_if(extras_->timers, [op](const auto& timer) { return timer->stop_if(op); });
}

int64_t Process::now_ns() { return node_.clock().wall_ns(); }
int64_t Process::clock_ns() { return node_.clock().monotonic_ns() - node_.started_ns(); }
uint64_t Process::random() { return node_.random().next(); }

bool Process::log_enabled(LogLevel level) { return node_.log().enabled(level); }

void Process::log(LogLevel level, std::string_view logger, std::string_view message, Object fields) {
  if (!node_.log().enabled(level)) return;
  fields.set("pid", pid_text());
  node_.log().renamed(logger).write(level, message, fields);
}

bool Process::allows(std::string_view action, std::string_view resource) {
  const Permissions* permissions = node_.permissions();
  if (permissions == nullptr) return true;
  const Object attributes = action.starts_with("process.") ? Object{{"pid", pid_text()}} : Object();
  return permissions->allows(spec_.frame, action, resource, attributes);
}

void Process::dropped(std::string_view operation, std::string_view path, std::string_view type) {
  node_.report_dropped(*this, operation, path, type);
}

}  // namespace trivium::units
