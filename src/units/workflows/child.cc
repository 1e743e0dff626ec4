// process.spawn, process.exec, workflow.exec, workflow.execute:
// child workflows.
//
//   issued ── StartChildWorkflowExecutionInitiated ──▶ initiated
//   initiated ── ChildWorkflowExecutionStarted ──▶ running ── …Completed | …Failed | … ──▶ closed
//   initiated ── StartChildWorkflowExecutionFailed ──▶ closed
#include "units/workflows/failure.h"
#include "units/workflows/header.h"
#include "units/workflows/meanings.h"
#include "units/workflows/names.h"
#include "units/workflows/options.h"
#include "units/workflows/payload.h"
#include "units/workflows/replies.h"

namespace trivium::units::workflows {
namespace {

enum class State { issued, initiated, running, closed };

constexpr Transition<State> transitions[] = {
    {State::issued, EventType::child_initiated, State::initiated},
    {State::initiated, EventType::child_started, State::running},
    {State::initiated, EventType::child_start_failed, State::closed},
    {State::running, EventType::child_completed, State::closed},
    {State::running, EventType::child_failed, State::closed},
    {State::running, EventType::child_canceled, State::closed},
    {State::running, EventType::child_timed_out, State::closed},
    {State::running, EventType::child_terminated, State::closed},
};

// What the code waits for, and how its errors read.
enum class Wait {
  start,         // process.spawn: the PID at the start, an EXIT event at the end
  result,        // process.exec, workflow.execute
  module_result  // workflow.exec: prefixed messages, unspecified retryable means true
};

std::string_view parent_close_text(ParentClosePolicy policy) {
  switch (policy) {
    case ParentClosePolicy::abandon:
      return "abandon";
    case ParentClosePolicy::request_cancel:
      return "request_cancel";
    default:
      return "terminate";
  }
}

std::string_view reuse_text(ReusePolicy policy) {
  switch (policy) {
    case ReusePolicy::failed_only:
      return "allow_duplicate_failed_only";
    case ReusePolicy::reject_duplicate:
      return "reject_duplicate";
    case ReusePolicy::terminate_if_running:
      return "terminate_if_running";
    default:
      return "allow_duplicate";
  }
}

struct Request {
  std::string id;  // of the entry
  std::string type = {};
  std::string host = {};              // of the PID
  std::optional<Error> refusal = {};  // what this runtime has against it
  StartOptions options = {};
  Object attributes = {};  // input, header, task_queue
};

class Child final : public Machine, public std::enable_shared_from_this<Child> {
 public:
  Child(lua::OpId op, Wait wait, Request request) : op_(op), wait_(wait), request_(std::move(request)) {}

  std::optional<lua::Reply> start(Instance& instance) {
    const StartOptions& options = request_.options;
    workflow_id_ = options.id.empty()
                       ? instance.info().original_run_id + "_" + std::to_string(instance.next_sequence())
                       : options.id;
    if (instance.children().contains(workflow_id_)) return lua::Reply::failure(decorated(already_started()));
    if (std::optional<lua::Reply> refused = settle(instance)) return refused;
    instance.children().insert(workflow_id_);
    Object attributes = request_.attributes;
    attributes.set("workflow_id", workflow_id_);
    attributes.set("workflow_type", Object{{"name", request_.type}});
    if (request_.type != request_.id) attributes.set("entry_id", request_.id);
    attributes.set("parent_close_policy",
                   parent_close_text(options.parent_close.value_or(ParentClosePolicy::terminate)));
    attributes.set("workflow_id_reuse_policy", reuse_text(options.reuse));
    const auto add_timeout = [&](std::string_view name, Duration timeout) {
      if (timeout.count() > 0) attributes.set(name, timeout.count());
    };
    add_timeout("workflow_execution_timeout", options.execution_timeout);
    add_timeout("workflow_run_timeout", options.run_timeout);
    add_timeout("workflow_task_timeout", options.task_timeout);
    if (!options.retry_policy.is_nil()) attributes.set("retry_policy", options.retry_policy);
    if (!options.cron.empty()) attributes.set("cron_schedule", options.cron);
    if (!options.memo.empty()) attributes.set("memo", options.memo);
    if (!options.search_attributes.empty()) attributes.set("search_attributes", options.search_attributes);
    instance.emit({EventType::child_initiated, std::move(attributes), options.summary, shared_from_this()});
    return std::nullopt;
  }

  void confirmed(const Event& event) override {
    state_ = next_state<State>(transitions, state_, event.type).value_or(state_);
  }

  bool resolve(const Event& event, Instance& instance) override {
    const auto next = next_state<State>(transitions, state_, event.type);
    if (!next) return false;
    state_ = *next;
    if (event.type == EventType::child_started) {
      run_id_ = text_at(event.attributes, "workflow_execution.run_id");
      if (wait_ == Wait::start) instance.queue_completion(op_, lua::Reply::of(pid(instance)));
      return true;
    }
    instance.children().erase(workflow_id_);
    if (event.type == EventType::child_start_failed) {
      instance.queue_completion(op_, lua::Reply::failure(decorated(start_error(event))));
      return true;
    }
    lua::Reply outcome = child_outcome(event);
    if (outcome.error) {
      add_details(*outcome.error, Object{{"_wrapper", "child_workflow"},
                                         {"_workflow_id", workflow_id_},
                                         {"_workflow_type", request_.type},
                                         {"_run_id", run_id_},
                                         {"_retry_state", retry_state(event)}});
    }
    if (wait_ == Wait::start) {
      instance.queue_exit(exit_event(pid(instance), event.time_ns, outcome));
    } else {
      if (outcome.error) outcome.error = decorated(std::move(*outcome.error));
      instance.queue_completion(op_, std::move(outcome));
    }
    return true;
  }

 private:
  static Error already_started() {
    return Error::of(kind::already_exists, "child workflow execution already started");
  }

  static Error start_error(const Event& event) {
    const std::string_view cause = text_at(event.attributes, "cause");
    if (cause == "WORKFLOW_ALREADY_EXISTS") return already_started();
    if (cause == "NAMESPACE_NOT_FOUND") return Error::of(kind::not_found, "namespace not found");
    return Error::of(kind::internal, "child workflow execution could not be started: " + std::string(cause));
  }

  Error decorated(Error error) const {
    if (wait_ != Wait::module_result) return error;
    error.message = "workflow exec failed: " + error.message;
    if (error.kind.empty()) error.kind = kind::internal;
    if (!error.retryable) error.retryable = true;
    return error;
  }

  // What the history has of it, if the task runs again.
  const Event* recorded_start(const Instance& instance) const {
    for (const Event& event : instance.recorded()) {
      if (event.type == EventType::child_initiated &&
          text_at(event.attributes, "workflow_id") == workflow_id_)
        return &event;
    }
    return nullptr;
  }

  // Which entries there are, and what their types are called, is a matter of the deployment: what it was when
  // this was new is in the history.
  std::optional<lua::Reply> settle(Instance& instance) {
    request_.type = instance.parts().programs.type_of(request_.id);
    if (const Event* const recorded = recorded_start(instance)) {
      const std::string_view type = text_at(recorded->attributes, "workflow_type.name");
      if (type == request_.id || text_at(recorded->attributes, "entry_id") == request_.id)
        request_.type = type;
      return std::nullopt;
    }
    if (instance.replaying() ? !instance.has_recorded() : !request_.refusal) return std::nullopt;
    const Result<Value> refused = instance.record([&]() -> Result<Value> { return fail(*request_.refusal); },
                                                  false, "workflow.execute");
    if (refused) return std::nullopt;
    return lua::Reply::failure(decorated(refused.error()));
  }

  std::string pid(const Instance& instance) const {
    const Place& place = instance.info().place;
    return "{" + place.node + "@" + (request_.host.empty() ? place.host : request_.host) + "|" +
           workflow_id_ + "}";
  }

  const lua::OpId op_;
  const Wait wait_;
  Request request_;
  std::string workflow_id_;
  std::string run_id_;
  State state_ = State::issued;
};

Error belongs_elsewhere(const std::string& id, const std::string& worker) {
  Error error = Error::of(kind::invalid, "workflow " + id + " belongs to the worker " + worker +
                                             " of another provider: start it from an activity");
  error.retryable = false;
  return error;
}

// Why the workers of this provider in this runtime, if they are to run it, could not.
std::optional<Error> refusal_of(const EngineParts& parts, const std::string& id) {
  if (parts.programs.find(parts.programs.type_of(id))) return std::nullopt;
  const std::optional<std::string> worker = parts.programs.other_worker(id);
  if (!worker) return Error::of(kind::not_found, "workflow " + id + " not found");
  if (parts.queue_of(*worker)) return std::nullopt;
  return belongs_elsewhere(id, *worker);
}

Plan start_child(Instance& instance, lua::OpId op, Wait wait, Request request, const Values& arguments,
                 const CallSettings& settings, std::optional<ParentClosePolicy> parent_close = std::nullopt) {
  if (request.id.empty()) return Plan::refuse(Error::of(kind::invalid, "process ID required"));
  Result<StartOptions> options = parse_start_options(settings.options);
  if (!options) return Plan::refuse(std::move(options.error()));
  Result<Array> input = payloads_of(arguments);
  if (!input) return Plan::refuse(std::move(input.error()));
  if (parent_close) options->parent_close = parent_close;
  const std::string& own_queue = instance.info().task_queue;
  std::string queue = options->task_queue.empty() ? own_queue : options->task_queue;
  bool ours = queue == own_queue;
  if (!request.host.empty()) {
    const std::optional<std::string> of_worker = instance.parts().queue_of(request.host);
    queue = of_worker.value_or(request.host);
    ours = of_worker || queue == own_queue;
  }
  if (ours && !request.refusal) request.refusal = refusal_of(instance.parts(), request.id);
  request.options = std::move(*options);
  Result<> named = check_names(
      {{"workflow.id", "workflow_id", request.options.id},
       {"the type of the workflow", "workflow_type.name", instance.parts().programs.type_of(request.id)},
       {"the task queue", "task_queue.name", queue}},
      instance.recorded());
  if (!named) return Plan::refuse(std::move(named.error()));
  request.attributes.set("task_queue", Object{{"name", std::move(queue)}});
  request.attributes.set("input", std::move(*input));
  Result<Object> header = header_of(merged(*instance.info().frame, settings));
  if (!header) return Plan::refuse(std::move(header.error()));
  if (!header->empty()) request.attributes.set("header", std::move(*header));
  return {std::nullopt, [&instance, child = std::make_shared<Child>(op, wait, std::move(request))] {
            return child->start(instance);
          }};
}

}  // namespace

Plan plan(Instance& instance, lua::OpId op, Spawn& command) {
  if (!instance.replaying() && (!command.name.empty() || !command.messages.empty())) {
    instance.parts().log.warn("with_name and with_message have no effect on child workflows",
                              {{"pid", instance.info().pid()}, {"id", command.id}});
  }
  return start_child(instance, op, Wait::start, {.id = command.id, .host = command.host}, command.arguments,
                     command.settings);
}

Plan plan(Instance& instance, lua::OpId op, Exec& command) {
  return start_child(instance, op, Wait::result, {.id = command.id, .host = command.host}, command.arguments,
                     command.settings);
}

Plan plan(Instance& instance, lua::OpId op, ExecChild& command) {
  return start_child(instance, op, Wait::module_result, {.id = command.id}, command.arguments, {});
}

Plan plan(Instance& instance, lua::OpId op, ExecuteWorkflow& command) {
  const EngineParts& parts = instance.parts();
  const std::optional<std::string> worker = parts.programs.other_worker(command.id);
  Request request{.id = command.id, .host = worker.value_or("")};
  if (worker && !parts.queue_of(*worker)) request.refusal = belongs_elsewhere(command.id, *worker);
  return start_child(instance, op, Wait::result, std::move(request), command.arguments, {},
                     ParentClosePolicy::abandon);
}

}  // namespace trivium::units::workflows
