#include "cli/assembly/replayer.h"

#include <future>

#include "cli/assembly/modules.h"
#include "cli/assembly/workflow_adapters.h"
#include "core/clock.h"
#include "lua/environment.h"
#include "sched/scheduler.h"
#include "units/programs.h"

namespace trivium::cli {

using units::workflows::ActivityFunctions;
using units::workflows::EngineParts;
using units::workflows::LocalProcesses;
using units::workflows::ReplayJob;
using units::workflows::ReplayOutcome;
using units::workflows::ReplayRequest;

namespace {

// As much isolates of a runtime may use by default.
constexpr size_t isolate_memory = 256 << 20;

// Functions have options; none is called.
class NoFunctions final : public ActivityFunctions {
 public:
  explicit NoFunctions(const units::Programs& programs) : programs_(programs) {}

  bool exists(const std::string& id) const override { return programs_.entry(id) != nullptr; }
  std::vector<std::string> ids() const override { return {}; }
  Object options(const std::string& id) const override {
    const units::LuaEntryRef entry = programs_.entry(id);
    return entry != nullptr && entry->options.is_object() ? entry->options.as_object() : Object();
  }
  std::unique_ptr<Attempt> call(const std::string&, Values, FrameRef, std::shared_ptr<units::ActivityContext>,
                                Done done) override {
    done(lua::Reply::failure(Error::of(kind::internal, "nothing is called in a replay")));
    return nullptr;
  }

 private:
  const units::Programs& programs_;
};

// There are no processes: what was asked of them is in the history.
class NoProcesses final : public LocalProcesses {
 public:
  Result<std::string> resolve(const std::string& name) const override {
    return fail(kind::not_found, "could not resolve '" + name + "' as PID or registered name");
  }
  Result<> routable(const std::string&) const override { return {}; }
  void deliver(const std::string&, lua::Message) override {}
  Result<Value> name_operation(units::NameOperation::Verb, const std::string&, const std::string&) override {
    return Value(true);
  }
};

}  // namespace

struct Replayer::Parts {
  explicit Parts(Log log)
      : compiled(runtime_modules()),
        environment(ambient_globals()),
        functions(compiled),
        log(std::move(log)) {}

  units::Programs compiled;
  lua::Environment environment;
  NoFunctions functions;
  NoProcesses processes;
  Log log;
  std::unique_ptr<EntryPrograms> programs;
  std::optional<EngineParts> engine;
  sched::ThreadedScheduler scheduler{{.workers = 1}};
};

Replayer::Replayer(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Replayer::~Replayer() { parts_->scheduler.stop(); }

Result<std::unique_ptr<Replayer>> Replayer::create(const app::Application& application, const Log& log) {
  auto parts = std::make_unique<Parts>(log);
  app::Problems problems;
  parts->compiled.compile(application.lua, application.snapshot, problems);
  if (!problems.empty()) return fail(problems.to_error());
  parts->programs = std::make_unique<EntryPrograms>(parts->compiled,
                                                    std::make_shared<app::Snapshot>(0, application.entries),
                                                    std::string(), true, std::string());
  parts->engine.emplace(EngineParts{parts->environment, *parts->programs, parts->functions, parts->processes,
                                    [](const std::string&) { return std::nullopt; }, parts->log,
                                    isolate_memory, false});
  parts->scheduler.start();
  return std::unique_ptr<Replayer>(new Replayer(std::move(parts)));
}

Replayer::Code Replayer::newest(const std::string& type) const {
  auto found = parts_->programs->find(type);
  if (!found) return nullptr;
  return std::make_shared<const units::workflows::WorkflowCode>(std::move(*found));
}

Result<Replayer::Code> Replayer::compile(const std::string& hash, std::string source) const {
  auto made = parts_->programs->compile(hash, std::move(source));
  if (!made) return fail(std::move(made.error()));
  return std::make_shared<const units::workflows::WorkflowCode>(std::move(*made));
}

ReplayOutcome Replayer::replay(ExportedRun run, std::optional<units::workflows::WorkflowQuery> query,
                               Code code) const {
  ReplayRequest request;
  request.place = {std::move(run.provider), std::move(run.worker), "default"};
  request.workflow_id = std::move(run.workflow_id);
  request.run_id = std::move(run.run_id);
  request.history = std::move(run.events);
  request.query = std::move(query);
  request.code = std::move(code);
  std::promise<ReplayOutcome> ended;
  const auto job =
      sched::make_ref<ReplayJob>(*parts_->engine, system_clock(), std::move(request),
                                 [&ended](ReplayOutcome outcome) { ended.set_value(std::move(outcome)); });
  parts_->scheduler.wake(*job);
  return ended.get_future().get();
}

}  // namespace trivium::cli
