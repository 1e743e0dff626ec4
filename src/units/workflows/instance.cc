#include "units/workflows/instance.h"

#include <utility>

#include "units/commands/compute.h"
#include "units/commands/reply.h"
#include "units/payload_limit.h"
#include "units/workflows/failure.h"
#include "units/workflows/header.h"
#include "units/workflows/meanings.h"
#include "units/workflows/payload.h"

namespace trivium::units::workflows {
namespace {

// Any fixed number will do: the order of string keys must not differ between two executions.
constexpr unsigned hash_seed = 0x7269766D;

uint64_t hash_of(std::string_view text) {
  uint64_t hash = 14695981039346656037ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return hash;
}

const Value* detail(const Event& marker, std::string_view name) {
  const Value* details = marker.attributes.find("details");
  const Value* payloads = details != nullptr ? details->find(name) : nullptr;
  if (payloads == nullptr || !payloads->is_array() || payloads->as_array().empty()) return nullptr;
  return &payloads->as_array().front();
}

// A history keeps no larger value here than anywhere else.
Result<Value> within_payload(Result<Value> made) {
  if (!made || !made->is_string() || made->as_string().size() <= max_payload_bytes) return made;
  return fail(kind::invalid, "a value of " + std::to_string(made->as_string().size()) +
                                 " bytes is larger than the limit of " + std::to_string(max_payload_bytes));
}

}  // namespace

Instance::Instance(const EngineParts& parts, std::shared_ptr<const WorkflowCode> code, RunInfo info)
    : parts_(parts), code_(std::move(code)), info_(std::move(info)) {}

Instance::~Instance() = default;

// --- the engine's side ------------------------------------------------------------------------------

std::optional<TaskFailure> Instance::start(const Event& started) {
  info_.read_started(started);
  time_ns_ = started.time_ns;
  pid_ = info_.pid();
  random_state_ = hash_of(info_.original_run_id);
  if (const Value* memo = started.attributes.find("memo"); memo != nullptr && memo->is_object()) {
    memo_ = memo->as_object();
  }
  if (const Value* search = started.attributes.find("search_attributes");
      search != nullptr && search->is_object()) {
    search_attributes_ = search->as_object();
  }
  if (!code_) {
    if (auto found = parts_.programs.find(info_.type)) {
      code_ = std::make_shared<const WorkflowCode>(std::move(*found));
    }
  }
  if (!code_) {
    std::string known;
    for (const std::string& type : parts_.programs.types()) known += (known.empty() ? "" : ", ") + type;
    return TaskFailure{false,
                       "unable to find workflow type: " + info_.type + ". Supported types: [" + known + "]"};
  }
  info_.entry_id = code_->entry_id;
  Result<std::unique_ptr<lua::Isolate>> isolate = lua::Isolate::create(
      *this, code_->program, {&parts_.environment, parts_.memory_limit, hash_seed, true});
  if (!isolate) {
    start_failure_ = std::move(isolate.error());
    start_failure_->message = "failed to start workflow: " + start_failure_->message;
    return std::nullopt;
  }
  isolate_ = std::move(*isolate);
  return std::nullopt;
}

std::optional<TaskFailure> Instance::preload(const Event& marker) {
  const std::string_view name = text_at(marker.attributes, "marker_name");
  if (name == "SideEffect") {
    const Value* id = detail(marker, "side-effect-id");
    const Value* data = detail(marker, "data");
    if (id != nullptr && data != nullptr) recorded_[static_cast<int64_t>(plain_of(*id).number())] = *data;
    return std::nullopt;
  }
  if (name == "Version") {
    const Value* change = detail(marker, "change-id");
    const Value* version = detail(marker, "version");
    const Value* upserted = detail(marker, "version-search-attribute-updated");
    const Value change_id = change != nullptr ? plain_of(*change) : Value();
    if (change_id.is_string() && version != nullptr) {
      versions_.emplace_back(change_id.as_string(), static_cast<int64_t>(plain_of(*version).number()));
    }
    version_markers_[marker.id] = upserted != nullptr && plain_of(*upserted) == Value(false) ? 1 : 2;
    return std::nullopt;
  }
  return TaskFailure{true,
                     "[TMPRL1100] the history has a marker this runtime does not know: " + std::string(name)};
}

void Instance::begin_task(const Event& started, bool replaying, std::span<const Event> recorded) {
  time_ns_ = std::max(time_ns_, started.time_ns);
  history_length_ = started.id;
  history_size_ = integer_at(started.attributes, "history_size_bytes");
  replaying_ = replaying;
  recorded_commands_ = recorded;
  next_ = started.id + 2 + static_cast<int64_t>(commands_.size());
  code_ready_ = true;
  if (start_failure_) return;
  deliver(completions_);
  deliver(deliveries_);
  deliver(exits_);
  deliver(requests_);
}

void Instance::deliver(std::vector<Outcome>& outcomes) {
  for (Outcome& outcome : std::exchange(outcomes, {})) {
    if (outcome.op == 0) {
      isolate_->deliver(std::move(outcome.message));
    } else {
      if (outcome.tick) outcome.reply = lua::Reply::of(time_ns_);
      isolate_->complete(outcome.op, std::move(outcome.reply));
    }
  }
}

// False: the slice is over.
bool Instance::load() {
  const Result<bool> loaded = isolate_->load();
  if (loaded && !*loaded) return false;
  loading_ = false;
  if (!loaded) {
    start_failure_ = loaded.error();
    std::string& message = start_failure_->message;
    message = "failed to start workflow: " + message;
    if (message.ends_with("can not yield from outside of a coroutine")) {
      message += " (a call that waits belongs into the method)";
    }
    return true;
  }
  Result<Values> input = values_of(info_.started.find("input"));
  if (input) {
    isolate_->start(std::move(*input));
  } else {
    start_failure_ = input.error();
  }
  return true;
}

Instance::Step Instance::step() {
  if (!start_failure_ && loading_ && !load()) return Step::again;
  if (start_failure_) {
    fail_workflow(*std::exchange(start_failure_, std::nullopt));
    return Step::closed;
  }
  for (;;) {
    if (code_ready_) {
      const lua::Isolate::Step reached = isolate_->run();
      if (task_failure_) return Step::failed;
      if (reached == lua::Isolate::Step::preempted) return Step::again;
      code_ready_ = false;
      if (reached == lua::Isolate::Step::finished) {
        finish();
        return Step::closed;
      }
      if (closing_) {
        carry_over(closing_->attributes);
        emit(*std::exchange(closing_, std::nullopt));
        return Step::closed;
      }
      if (!issued_.empty()) levels_.push_back(std::exchange(issued_, {}));
    }
    if (levels_.empty()) return Step::stable;
    Queued queued = std::move(levels_.back().front());
    levels_.back().pop_front();
    if (levels_.back().empty()) levels_.pop_back();
    std::optional<lua::Reply> reply =
        queued.plan.answer ? std::move(queued.plan.answer) : queued.plan.carry_out();
    if (task_failure_) return Step::failed;
    if (!reply) continue;
    isolate_->complete(queued.op, std::move(*reply));
    code_ready_ = true;
  }
}

bool Instance::begin_query(std::string_view name, const Values& arguments) {
  querying_ = true;
  return isolate_ && isolate_->start_kept(name, arguments);
}

std::optional<lua::Reply> Instance::query_step() {
  switch (isolate_->run()) {
    case lua::Isolate::Step::preempted:
      return std::nullopt;
    case lua::Isolate::Step::waiting:
      return lua::Reply::failure(Error::of(kind::invalid, "a query handler must not wait"));
    case lua::Isolate::Step::finished:
      break;
  }
  lua::Outcome outcome = isolate_->take_outcome();
  return lua::Reply{std::move(outcome.error), std::move(outcome.values)};
}

void Instance::finish() {
  lua::Outcome outcome = isolate_->take_outcome();
  if (outcome.error) return fail_workflow(*outcome.error);
  WorkflowCommand command{EventType::execution_completed, {}, {}, nullptr};
  if (!outcome.values.empty()) {
    Result<Value> payload = result_payload(outcome.values);
    if (!payload) {
      Error error = std::move(payload.error());
      error.message = "failed to encode result: " + error.message;
      return fail_workflow(error);
    }
    command.attributes.set("result", Array{std::move(*payload)});
  }
  emit(std::move(command));
}

void Instance::fail_workflow(const Error& error) {
  emit({EventType::execution_failed, Object{{"failure", failure_of(error)}}, {}, nullptr});
}

std::vector<WorkflowCommand> Instance::take_commands() { return std::exchange(commands_, {}); }
std::vector<LocalMessage> Instance::take_messages() { return std::exchange(messages_, {}); }

void Instance::queue_completion(lua::OpId op, lua::Reply reply) {
  completions_.push_back({op, false, std::move(reply), {}});
}
void Instance::queue_reply(lua::OpId op, lua::Reply reply) {
  deliveries_.push_back({op, false, std::move(reply), {}});
}
void Instance::queue_tick(lua::OpId op) { deliveries_.push_back({op, true, {}, {}}); }
void Instance::queue_message(lua::Message message) {
  deliveries_.push_back({0, false, {}, std::move(message)});
}
void Instance::queue_exit(lua::Message message) { exits_.push_back({0, false, {}, std::move(message)}); }
void Instance::queue_update(UpdateRequest update) {
  if (std::optional<lua::Message> message = updates_.take(std::move(update))) {
    requests_.push_back({0, false, {}, std::move(*message)});
  }
}

// --- for planners and machines ----------------------------------------------------------------------

int64_t Instance::next_sequence() {
  for (auto at = version_markers_.find(next_); at != version_markers_.end();
       at = version_markers_.find(next_)) {
    next_ += at->second;
  }
  return next_;
}

void Instance::emit(WorkflowCommand command) {
  next_sequence();
  ++next_;
  commands_.push_back(std::move(command));
  if (parts_.most_commands == 0 || commands_.size() <= parts_.most_commands || task_failure_) return;
  task_failure_ =
      TaskFailure{.message = "the workflow asks for more than " + std::to_string(parts_.most_commands) +
                             " things without waiting for any",
                  .too_long = true};
}

Result<Value> Instance::record(const std::function<Result<Value>()>& produce, bool binary,
                               std::string_view summary) {
  const int64_t id = ++side_effects_;
  Value payload;
  if (replaying_) {
    const auto at = recorded_.find(id);
    if (at == recorded_.end()) {
      fail_task(true, "[TMPRL1100] the code records value " + std::to_string(id) + " (" +
                          std::string(summary) + ") where the history has none");
      return Value();
    }
    payload = std::move(at->second);
    recorded_.erase(at);
  } else if (Result<Value> value = within_payload(produce()); !value) {
    payload = json_payload(Object{{"error", error_chain(value.error())}});
  } else {
    payload = binary && value->is_string() ? binary_payload(value->as_string()) : json_payload(*value);
  }
  emit({EventType::marker_recorded,
        Object{{"marker_name", "SideEffect"},
               {"details", Object{{"side-effect-id", Array{json_payload(id)}}, {"data", Array{payload}}}}},
        std::string(summary), nullptr});
  Values values;
  if (Result<> decoded = append_payload(values, payload); !decoded) return fail(std::move(decoded.error()));
  Value value = first_value(values);
  if (const Value* chain = value.find("error")) return fail(error_of_chain(*chain));
  return value;
}

void Instance::send_to_self(lua::Message message) {
  isolate_->deliver(std::move(message));
  code_ready_ = true;
}

// Messages nobody received yet: the next run begins with them.
void Instance::carry_over(Object& attributes) {
  Array messages;
  for (const lua::Message& message : isolate_->take_mailbox()) {
    if (message.topic.starts_with('@')) continue;
    Result<Array> input = payloads_of(message.values);
    if (!input) continue;  // from a workflow to itself, never encoded
    if (input->empty()) input->push_back(null_payload());
    messages.push_back(Object{{"signal_name", message.topic},
                              {"input", std::move(*input)},
                              {"header", signal_header(Frame(), message.from.text())}});
  }
  if (!messages.empty()) attributes.set("carried_over", std::move(messages));
}

// What other coroutines issued in the same round goes with them.
void Instance::close_with(WorkflowCommand command) {
  if (!closing_) closing_ = std::move(command);
}

void Instance::fail_task(bool nondeterminism, std::string message) {
  if (!task_failure_) task_failure_ = TaskFailure{nondeterminism, std::move(message)};
}

// --- the isolate's side -----------------------------------------------------------------------------

lua::Dispatch Instance::dispatch(lua::Isolate&, lua::Command& command, lua::OpId op, lua::Reply& reply) {
  // The same at any time, and nothing to remember.
  if (Compute* compute = command.as<Compute>()) return answer(reply, compute->work());
  if (loading_) {
    reply = lua::Reply::failure(Error::of(
        kind::invalid, std::string(command.type().name) + " cannot be used while the code is loaded"));
    return lua::Dispatch::done;
  }
  if (querying_ && &command.type() != &WorkflowInfo::command_type) {
    if (auto* call = command.as<CallFunction>()) call->refused = true;
    reply = lua::Reply::failure(
        Error::of(kind::invalid, std::string(command.type().name) + " cannot be used by a query handler"));
    return lua::Dispatch::done;
  }
  Plan plan = plan_command(*this, op, command);
  if (plan.answer && !(plan.in_turn && flags_.turns && !querying_)) {
    reply = std::move(*plan.answer);
    return lua::Dispatch::done;
  }
  if (!closing_) issued_.push_back({op, std::move(plan)});
  return lua::Dispatch::pending;
}

bool Instance::take_turn(lua::OpId op) {
  if (!flags_.turns || loading_ || querying_) return false;
  if (!closing_) issued_.push_back({op, Plan::now({})});
  return true;
}

uint64_t Instance::random() {
  uint64_t z = (random_state_ += 0x9E3779B97F4A7C15ULL);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31);
}

bool Instance::allows(std::string_view action, std::string_view resource) {
  if (parts_.permissions == nullptr) return true;
  const Object attributes = action.starts_with("process.") ? Object{{"pid", pid_}} : Object();
  return parts_.permissions->allows(info_.frame, action, resource, attributes);
}

bool Instance::log_enabled(LogLevel level) {
  return !muted_ && (!replaying_ || parts_.log_in_replay) && parts_.log.enabled(level);
}

void Instance::log(LogLevel level, std::string_view logger, std::string_view message, Object fields) {
  if (muted_ || (replaying_ && !parts_.log_in_replay)) return;
  fields.set("pid", pid_);
  (logger.empty() ? parts_.log : parts_.log.renamed(logger)).write(level, message, fields);
}

void Instance::dropped(std::string_view operation, std::string_view path, std::string_view type) {
  if (replaying_ || muted_) return;
  parts_.log.warn("a value could not leave the workflow and arrived as nil",
                  {{"pid", pid_}, {"operation", operation}, {"path", path}, {"type", type}});
}

}  // namespace trivium::units::workflows
