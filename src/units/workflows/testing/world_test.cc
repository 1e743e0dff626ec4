// Part of the tests' executable, not of the library: hence the name.
#include "units/workflows/testing/world.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>

#include "core/json.h"
#include "units/workflows/engine.h"
#include "units/workflows/testing/lua_bindings.h"

namespace trivium::units::workflows::testing {
namespace {

std::filesystem::path new_folder() {
  static std::atomic<int> count{0};
  const char* base = std::filesystem::exists("/dev/shm") ? "/dev/shm" : "/tmp";
  return std::filesystem::path(base) /
         ("trivium_workflows_" + std::to_string(getpid()) + "_" + std::to_string(++count));
}

}  // namespace

World::World(uint64_t seed, const std::function<void(ServiceOptions&)>& adapt, Connect connect)
    : connect_(std::move(connect)),
      folder_(connect_ ? std::filesystem::path() : new_folder()),
      random_(seed),
      environment_(bindings()) {
  options.operations_poll = Duration(0);
  options.sweep_interval = Duration(0);
  if (adapt) adapt(options);
  boot();
}

World::~World() {
  end();
  std::error_code ignored;
  if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
}

// What runs still is let go of: nothing takes a turn any more.
void World::end() {
  service_->stop();
  service_->abandon();
  service_.reset();
  scheduler_.reset();
  store_.reset();
  connection_.reset();
}

void World::boot() {
  born_ns_ = timers_.clock().monotonic_ns();
  scheduler_ = std::make_unique<sched::ManualScheduler>(random_.next() + ++boots_);
  if (connect_) {
    connection_ = connect_();
  } else {
    Result<std::unique_ptr<SqliteStore>> store =
        SqliteStore::open({(folder_ / "workflows.db").string(), true, false});
    if (!store) std::abort();
    store_ = std::move(*store);
  }
  auto queue = std::make_unique<TestQueue>(connection_ ? *connection_ : *store_);
  queue_ = queue.get();
  service_ =
      std::make_unique<Service>(ServiceParts{*scheduler_, timers_, timers_.clock(), random_, environment_,
                                             programs, functions, processes, Log(), permissions},
                                options, std::move(queue));
  service_->recover([](const Result<>&) {});
}

void World::restart() {
  queue_->crash_at(1, TestQueue::Crash::before);
  functions.crash();
  end();
  boot();
}

void World::restart_in_order() {
  functions.crash();
  end();
  boot();
}

bool World::step_without_activities() {
  // Draws who goes first, so that seeds differ in more than the scheduler's choices.
  const bool store_first = random_.next() % 2 == 0;
  if (store_first && queue_->pump()) return true;
  if (scheduler_->run_one()) return true;
  if (!store_first && queue_->pump()) return true;
  return timers_.advance(Duration(0)) > 0;
}

bool World::do_something() {
  if (step_without_activities()) return true;
  return functions.run_one([&](size_t count) { return random_.next() % count; });
}

void World::settle() {
  while (!crashed() && do_something()) {
  }
}

void World::run_for(Duration limit) {
  run_until([] { return false; }, limit);
}

void World::run_until(const std::function<bool()>& reached, Duration limit) {
  const int64_t now = timers_.clock().monotonic_ns();
  const int64_t until = now + std::min<int64_t>(limit.count(), INT64_MAX - now);
  const sched::TimerId stop = timers_.at(until, [] {});  // time does not go past it in one step
  while (!crashed() && !reached()) {
    if (do_something()) continue;
    if (timers_.clock().monotonic_ns() >= until || !timers_.advance_to_next()) break;
  }
  timers_.cancel(stop);
}

Result<StartedWorkflow> World::start(const std::string& id, const Array& arguments, Object start_options) {
  Result<StartedWorkflow> outcome = fail(kind::internal, "no answer");
  StartRequest request;
  request.id = id;
  request.arguments = encode_values(arguments);
  request.options = std::move(start_options);
  service_->start(request, [&](Result<StartedWorkflow> started) { outcome = std::move(started); });
  settle();
  return outcome;
}

// An end that does not come in time may still come when the world ends.
WorkflowEnd World::end_of(const std::function<void(std::function<void(WorkflowEnd)>)>& ask) {
  const auto end = std::make_shared<std::optional<WorkflowEnd>>();
  ask([end](WorkflowEnd reached) { *end = std::move(reached); });
  run_until([&] { return end->has_value(); });
  return end->value_or(WorkflowEnd{Error::of(kind::internal, "no end"), {}});
}

WorkflowEnd World::execute(const std::string& id, const Array& arguments) {
  StartRequest request;
  request.id = id;
  request.arguments = encode_values(arguments);
  return end_of([&](std::function<void(WorkflowEnd)> done) { service_->execute(request, std::move(done)); });
}

Result<> World::signal(const std::string& pid, const std::string& topic, const Array& values) {
  Result<> outcome = fail(kind::internal, "no answer");
  service_->signal(pid, {topic, "{app:host|0x00001}", encode_values(values)},
                   [&](Result<> done) { outcome = std::move(done); });
  settle();
  return outcome;
}

WorkflowEnd World::wait(const std::string& pid) {
  return end_of([&](std::function<void(WorkflowEnd)> done) { service_->watch(pid, std::move(done)); });
}

std::vector<Event> World::history(const std::string& pid, const std::string& run_id) {
  std::vector<Event> history;
  service_->history(pid, run_id, [&](Result<std::vector<Event>> events) {
    if (events) history = std::move(*events);
  });
  settle();
  return history;
}

RunDescription World::describe(const std::string& pid) {
  RunDescription description;
  service_->describe(pid, [&](Result<RunDescription> found) {
    if (found) description = std::move(*found);
  });
  settle();
  return description;
}

std::string World::replay(const std::vector<Event>& history, const std::string& workflow_id,
                          const std::string& run_id, std::shared_ptr<const WorkflowCode> code) {
  const EngineParts parts{
      environment_, programs, functions, processes, [](const std::string&) { return std::nullopt; },
      Log(),        0,        false};
  Engine engine(parts, {options.provider, options.worker, options.name_space}, workflow_id, run_id,
                std::move(code));
  engine.feed(history, history.back().id);
  return engine.step() == Engine::Step::failed ? engine.failure().message : std::string();
}

std::string outline(const std::vector<Event>& history) {
  std::string text;
  for (const Event& event : history)
    text += std::to_string(event.id) + " " + std::string(event_name(event.type)) + "\n";
  return text;
}

std::string shown(const WorkflowEnd& end) {
  if (end.error) return end.error->kind + ": " + end.error->message;
  return json::encode(first_value(end.values)).value_or("?");
}

}  // namespace trivium::units::workflows::testing
