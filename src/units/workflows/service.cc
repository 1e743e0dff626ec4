#include "units/workflows/service.h"

#include <utility>

#include "units/pid.h"
#include "units/workflows/core.h"
#include "units/workflows/header.h"
#include "units/workflows/names.h"
#include "units/workflows/payload.h"
#include "units/workflows/signal.h"

namespace trivium::units::workflows {
namespace {

std::string workflow_id_of(const std::string& pid) {
  const std::optional<PidText> parsed = parse_pid(pid);
  return parsed ? std::string(parsed->id) : pid;
}

Result<> check_address(const std::string& pid) { return check_name("the id of the workflow", pid); }

// How 5.4 reads the options.
struct Policy {
  std::string workflow_id;
  ConflictPolicy conflict;
  bool error_when_started;
};

Policy policy_of(const StartOptions& options, const StartRequest& request, Core& core) {
  Policy policy;
  policy.workflow_id = options.id.empty() ? request.name : options.id;
  const bool manual = !policy.workflow_id.empty();
  if (!manual) policy.workflow_id = core.new_workflow_id();
  policy.error_when_started = options.error_when_started.value_or(!manual);
  policy.conflict = options.conflict.value_or(policy.error_when_started ? ConflictPolicy::fail
                                                                        : ConflictPolicy::use_existing);
  return policy;
}

Object started_attributes(const StartOptions& options, const std::string& type, const std::string& queue,
                          Array input, Object header) {
  Object attributes{{"workflow_type", Object{{"name", type}}},
                    {"task_queue", Object{{"name", queue}}},
                    {"input", std::move(input)}};
  const auto add = [&](std::string_view key, Value value) { attributes.set(key, std::move(value)); };
  if (!header.empty()) add("header", std::move(header));
  if (options.execution_timeout.count() > 0)
    add("workflow_execution_timeout", options.execution_timeout.count());
  if (options.run_timeout.count() > 0) add("workflow_run_timeout", options.run_timeout.count());
  if (options.task_timeout.count() > 0) add("workflow_task_timeout", options.task_timeout.count());
  if (!options.retry_policy.is_nil()) add("retry_policy", options.retry_policy);
  if (!options.cron.empty()) add("cron_schedule", options.cron);
  if (!options.memo.empty()) add("memo", options.memo);
  if (!options.search_attributes.empty()) add("search_attributes", options.search_attributes);
  if (!options.summary.empty()) add("summary", options.summary);
  if (!options.details.empty()) add("details", options.details);
  return attributes;
}

// A start whose options were read and whose arguments were encoded.
struct Prepared {
  RunStart start;
  std::vector<InboundRow> signals;
  bool error_when_started = false;
};

Result<Prepared> prepare(Core& core, const StartRequest& request) {
  const std::string type = core.parts().programs.type_of(request.id);
  if (!core.parts().programs.find(type)) {
    return fail(kind::not_found, "workflow " + request.id + " not found");
  }
  Result<StartOptions> options = parse_start_options(request.options);
  if (!options) return fail(std::move(options.error()));
  Result<Array> input = payloads_of(request.arguments);
  if (!input) return fail(std::move(input.error()));
  Result<Object> header = request.frame != nullptr ? header_of(*request.frame) : Object();
  if (!header) return fail(std::move(header.error()));
  const Policy policy = policy_of(*options, request, core);
  if (Result<> named = check_workflow_id(policy.workflow_id); !named) return fail(std::move(named.error()));
  if (Result<> named = check_name("workflow.task_queue", options->task_queue); !named)
    return fail(std::move(named.error()));
  Prepared prepared;
  for (const lua::Message& message : request.messages) {
    Result<InboundRow> signal = signal_of(message);
    if (!signal) return fail(std::move(signal.error()));
    prepared.signals.push_back(std::move(*signal));
  }
  prepared.error_when_started = policy.error_when_started;
  prepared.start.workflow_id = policy.workflow_id;
  prepared.start.conflict = policy.conflict;
  prepared.start.reuse = options->reuse;
  prepared.start.delay_ns = options->start_delay.count();
  prepared.start.worker = core.options().worker;
  prepared.start.started = started_attributes(
      *options, type, options->task_queue.empty() ? core.options().task_queue : options->task_queue,
      std::move(*input), std::move(*header));
  return prepared;
}

// The start and its messages in one transaction.
Result<> start_and_signal(Tables& tables, ScriptContext& context, Prepared prepared, Started& out) {
  prepared.start.run_id = context.new_run_id();
  Result<Started> started = start_run(tables, prepared.start, context);
  if (!started) {
    // The id was used and may not be again: an error only for those who asked for one, or whose messages
    // would come too late.
    const std::optional<RunRow> last = tables.current_run(prepared.start.workflow_id);
    const bool reuse_forbidden = last && last->status != RunStatus::running;
    if (!reuse_forbidden || !prepared.signals.empty() ||
        (prepared.error_when_started && prepared.start.conflict != ConflictPolicy::use_existing)) {
      return fail(std::move(started.error()));
    }
    started = Started{last->run_id, last->first_run_id, false};
  }
  out = *started;
  for (InboundRow& signal : prepared.signals) {
    Result<> posted = post(tables, prepared.start.workflow_id, "", "", std::move(signal), context);
    if (!posted) return posted;
  }
  return {};
}

Error no_workflow(const std::string& id) {
  return Error::of(kind::not_found, "workflow not found for ID: " + id);
}

}  // namespace

namespace {

// All that sleep stay where they are; page by page, so that nobody waits long for the store.
void load_those_with_work(const std::shared_ptr<Core>& core, std::string after_run_id, Service::Done done) {
  constexpr int64_t page = 200;
  struct Found {
    std::vector<std::string> ids;
    std::vector<LoadedRun> runs;
  };
  auto found = std::make_shared<Found>();
  core->transact(
      [found, after = std::move(after_run_id)](Tables& tables, ScriptContext&) -> Result<> {
        found->ids = tables.runs_with_work("", after, page);
        std::vector<RunRow> rows = tables.find_runs(found->ids);
        std::erase_if(rows, [](const RunRow& row) { return row.status != RunStatus::running; });
        found->runs = load_runs(tables, std::move(rows));
        return {};
      },
      [core, found, done = std::move(done)](Result<> outcome) mutable {
        if (!outcome) return done(std::move(outcome));
        for (LoadedRun& run : found->runs) core->add_run(std::move(run));
        if (found->ids.size() < page) return done({});
        load_those_with_work(core, found->ids.back(), std::move(done));
      });
}

}  // namespace

Service::Service(const ServiceParts& parts, ServiceOptions options, std::unique_ptr<StoreQueue> store,
                 std::vector<std::unique_ptr<StoreQueue>> readers)
    : core_(std::make_shared<Core>(parts, std::move(options), std::move(store), std::move(readers))) {}

Service::~Service() { stop(); }

void Service::stop() {
  for (sched::Ref<Run>& run : core_->stop()) stopped_.push_back(std::move(run));
}

void Service::abandon() {
  for (const sched::Ref<Run>& run : std::exchange(stopped_, {})) run->abandon();
  core_->abandon();
}

Service::Counts Service::counts() const { return core_->counts(); }

void Service::recover(Done done) {
  if (Sharing* sharing = core_->sharing()) {
    return sharing->begin([core = core_, done = std::move(done)](Result<> outcome) {
      if (outcome) core->sweep();
      done(std::move(outcome));
    });
  }
  load_those_with_work(core_, {}, [core = core_, done = std::move(done)](Result<> outcome) {
    if (outcome) {
      core->sleepers().look();
      core->poll_operations();
      core->sweep();
    }
    done(std::move(outcome));
  });
}

// --- starting ---------------------------------------------------------------------------------------

void Service::start(const StartRequest& request, std::function<void(Result<StartedWorkflow>)> done) {
  Result<Prepared> prepared = prepare(*core_, request);
  if (!prepared) return done(fail(std::move(prepared.error())));
  auto started = std::make_shared<Started>();
  std::string workflow_id = prepared->start.workflow_id;
  core_->transact(
      [started, prepared = std::move(*prepared)](Tables& tables, ScriptContext& context) {
        return start_and_signal(tables, context, prepared, *started);
      },
      [started, workflow_id, pid = pid_of(workflow_id), done = std::move(done)](Result<> outcome) {
        if (!outcome) return done(fail(std::move(outcome.error())));
        done(StartedWorkflow{pid, workflow_id, started->run_id, started->fresh});
      });
}

Service::WatchId Service::execute(const StartRequest& request, Ended ended) {
  const WatchId id = core_->watches().reserve(std::move(ended));
  Result<Prepared> prepared = prepare(*core_, request);
  if (!prepared) {
    core_->watches().tell(id, {std::move(prepared.error()), {}});
    return id;
  }
  auto started = std::make_shared<Started>();
  core_->transact(
      [started, prepared = std::move(*prepared)](Tables& tables, ScriptContext& context) {
        return start_and_signal(tables, context, prepared, *started);
      },
      // The chain cannot have ended yet: its ends are told by the thread that calls this.
      [core = core_, id, started](Result<> outcome) {
        if (!outcome) return core->watches().tell(id, {std::move(outcome.error()), {}});
        core->watches().attach(id, started->first_run_id);
      });
  return id;
}

// --- messages ---------------------------------------------------------------------------------------

void Service::signal(const std::string& pid, const lua::Message& message, Done done, std::string request_id) {
  if (Result<> named = check_address(pid); !named) return done(std::move(named));
  Result<InboundRow> inbound = signal_of(message);
  if (!inbound) return done(fail(std::move(inbound.error())));
  core_->transact(
      [id = workflow_id_of(pid), request_id = std::move(request_id), inbound = std::move(*inbound)](
          Tables& tables, ScriptContext& context) {
        return post(tables, id, "", request_id, inbound, context);
      },
      std::move(done));
}

void Service::request_cancel(const std::string& pid, std::string reason, Done done) {
  if (Result<> named = check_address(pid); !named) return done(std::move(named));
  InboundRow inbound;
  inbound.type = EventType::execution_cancel_requested;
  inbound.attributes = Object{{"cause", std::move(reason)}};
  core_->transact(
      [id = workflow_id_of(pid), inbound = std::move(inbound)](Tables& tables, ScriptContext& context) {
        return post(tables, id, "", "", inbound, context);
      },
      std::move(done));
}

void Service::terminate(const std::string& pid, std::string reason, Done done) {
  if (Result<> named = check_address(pid); !named) return done(std::move(named));
  core_->transact(
      [id = workflow_id_of(pid), reason = std::move(reason)](Tables& tables, ScriptContext& context) {
        return close_from_outside(tables, id, "", EventType::execution_terminated, Object{{"reason", reason}},
                                  context);
      },
      std::move(done));
}

// --- watching ---------------------------------------------------------------------------------------

Service::WatchId Service::watch(const std::string& pid, Ended ended) {
  const WatchId id = core_->watches().reserve(std::move(ended));
  if (Result<> named = check_address(pid); !named) {
    core_->watches().tell(id, {std::move(named.error()), {}});
    return id;
  }
  auto found = std::make_shared<std::optional<RunRow>>();
  const std::string workflow_id = workflow_id_of(pid);
  core_->transact(
      [found, workflow_id](Tables& tables, ScriptContext&) -> Result<> {
        *found = tables.current_run(workflow_id);
        return {};
      },
      [core = core_, id, found, workflow_id](Result<> outcome) {
        if (!outcome) return core->watches().tell(id, {std::move(outcome.error()), {}});
        if (!*found) return core->watches().tell(id, {no_workflow(workflow_id), {}});
        if ((*found)->status != RunStatus::running) return core->watches().tell(id, end_of(**found));
        core->watches().attach(id, (*found)->first_run_id);
      });
  return id;
}

void Service::unwatch(WatchId id) { core_->watches().remove(id); }

// --- looking ----------------------------------------------------------------------------------------

void Service::list(std::optional<RunStatus> status, int64_t limit,
                   std::function<void(Result<std::vector<RunRow>>)> done) {
  auto found = std::make_shared<std::vector<RunRow>>();
  core_->look(
      [found, status, limit](Tables& tables) -> Result<> {
        RunFilter filter;
        filter.status = status;
        *found = tables.list_runs(filter, limit, 0);
        return {};
      },
      [found, done = std::move(done)](Result<> outcome) {
        if (!outcome) return done(fail(std::move(outcome.error())));
        done(std::move(*found));
      });
}

void Service::describe(const std::string& pid, std::function<void(Result<RunDescription>)> done) {
  auto found = std::make_shared<RunDescription>();
  core_->look(
      [found, id = workflow_id_of(pid)](Tables& tables) -> Result<> {
        std::optional<RunRow> row = tables.current_run(id);
        if (!row) return fail(no_workflow(id));
        found->waiting_events = tables.inbound(row->run_id).size();
        found->activities = tables.activities(row->run_id);
        found->timers = tables.timers(row->run_id);
        found->run = std::move(*row);
        return {};
      },
      [found, done = std::move(done)](Result<> outcome) {
        if (!outcome) return done(fail(std::move(outcome.error())));
        done(std::move(*found));
      });
}

void Service::history(const std::string& pid, const std::string& run_id,
                      std::function<void(Result<std::vector<Event>>)> done) {
  auto events = std::make_shared<std::vector<Event>>();
  core_->look(
      [events, id = workflow_id_of(pid), run_id](Tables& tables) -> Result<> {
        const std::optional<RunRow> row = run_id.empty() ? tables.current_run(id) : tables.run(run_id);
        if (!row) return fail(no_workflow(id));
        events->clear();
        for (const std::string& batch : tables.history(row->run_id, 1, -1)) {
          if (Result<> decoded = decode_events(batch, *events); !decoded) return decoded;
        }
        return {};
      },
      [events, done = std::move(done)](Result<> outcome) {
        if (!outcome) return done(fail(std::move(outcome.error())));
        done(std::move(*events));
      });
}

namespace {

// The arguments as they are on the other side of the boundary.
Result<Values> received(const Values& arguments) {
  Result<Array> payloads = payloads_of(arguments);
  if (!payloads) return fail(std::move(payloads.error()));
  const Value sent(std::move(*payloads));
  return values_of(&sent);
}

// What a question is asked of: the code the run would go on with. The newest may turn out not to fit; then
// the recorded code answers.
struct Asked {
  ReplayRequest request;
  RunRow run;
  std::optional<std::string> source;  // of the recorded code
};

void ask(const std::shared_ptr<Core>& core, const std::shared_ptr<Asked>& asked, bool trial,
         const std::function<void(lua::Reply)>& done) {
  ReplayRequest request = trial ? asked->request : std::move(asked->request);
  const auto job = sched::make_ref<ReplayJob>(
      core->engine_parts(), core->parts().clock, std::move(request),
      [core, asked, trial, done](ReplayOutcome replayed) {
        if (!replayed.failure) return done(std::move(replayed.answer));
        if (trial) {
          if (auto code = core->recorded_code(asked->run.code_hash, asked->source)) {
            asked->request.code = std::move(*code);
            return ask(core, asked, false, done);
          }
        }
        done(lua::Reply::failure(
            Error::of(kind::internal, "the workflow cannot be asked: " + replayed.failure->message)));
      });
  core->parts().scheduler.wake(*job);
}

}  // namespace

void Service::query(const std::string& pid, WorkflowQuery query, std::function<void(lua::Reply)> done) {
  if (Result<> named = check_address(pid); !named) return done(lua::Reply::failure(std::move(named.error())));
  if (Result<Values> arguments = received(query.arguments)) {
    query.arguments = std::move(*arguments);
  } else {
    return done(lua::Reply::failure(std::move(arguments.error())));
  }
  auto asked = std::make_shared<Asked>();
  asked->request.query = std::move(query);
  core_->look(
      [asked, core = core_, id = workflow_id_of(pid)](Tables& tables) -> Result<> {
        std::optional<RunRow> row = tables.current_run(id);
        if (!row) return fail(no_workflow(id));
        ReplayRequest& request = asked->request;
        request.place = core->place(row->worker);
        request.workflow_id = id;
        request.run_id = row->run_id;
        request.history.clear();
        for (const std::string& batch : tables.history(row->run_id, 1, -1)) {
          if (Result<> decoded = decode_events(batch, request.history); !decoded) return decoded;
        }
        asked->source = tables.source(row->code_hash);
        asked->run = std::move(*row);
        return {};
      },
      [asked, core = core_, done = std::move(done)](Result<> outcome) {
        if (!outcome) return done(lua::Reply::failure(std::move(outcome.error())));
        const auto newest = core->parts().programs.find(asked->run.type);
        const CodeChoice choice = choose_code(asked->run, newest ? &*newest : nullptr);
        if (choice == CodeChoice::recorded) {
          auto code = core->recorded_code(asked->run.code_hash, asked->source);
          if (!code) {
            return done(lua::Reply::failure(
                Error::of(kind::internal, "the workflow cannot be asked: " + code.error().message)));
          }
          asked->request.code = std::move(*code);
        }
        ask(core, asked, choice == CodeChoice::trial, done);
      });
}

std::string Service::update(const std::string& pid, const std::string& name, const Values& arguments,
                            std::function<void(lua::Reply)> done) {
  std::string id = core_->new_run_id();
  const Result<> named = check_address(pid);
  Result<UpdateRequest> update =
      named ? new_update(id, name, arguments) : Result<UpdateRequest>(fail(named.error()));
  if (!update) {
    done(lua::Reply::failure(std::move(update.error())));
    return id;
  }
  core_->waiters().add(id, std::move(done));
  auto posted = std::make_shared<PostedUpdate>();
  core_->transact(
      [posted, workflow_id = workflow_id_of(pid), update = std::move(*update)](
          Tables& tables, ScriptContext& context) -> Result<> {
        Result<PostedUpdate> done = post_update(tables, workflow_id, update, false, context);
        if (!done) return fail(std::move(done.error()));
        *posted = std::move(*done);
        return {};
      },
      [core = core_, posted, id](Result<> outcome) {
        if (!outcome) return core->waiters().tell(id, lua::Reply::failure(std::move(outcome.error())));
        core->waiters().attach(id, posted->run_id, posted->slot);
      });
  return id;
}

void Service::forget_update(const std::string& id) { core_->waiters().remove(id); }

void Service::retry_parked() { core_->retry_parked(); }

void Service::heard(const std::string& hint) {
  if (Sharing* sharing = core_->sharing(); sharing != nullptr && !core_->stopped()) sharing->heard(hint);
}

const ServiceOptions& Service::options() const { return core_->options(); }

bool Service::owns(std::string_view pid) const {
  const std::optional<PidText> parsed = parse_pid(pid);
  if (!parsed) return false;
  return parsed->node == options().provider || (parsed->node.empty() && parsed->host == options().worker);
}

std::string Service::pid_of(std::string_view workflow_id) const {
  return "{" + options().provider + "@" + options().worker + "|" + std::string(workflow_id) + "}";
}

}  // namespace trivium::units::workflows
