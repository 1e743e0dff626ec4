// process.send, process.cancel and the like,
// to other workflows and to local processes.
//
//   issued ── …ExternalWorkflowExecutionInitiated ──▶ initiated
//   initiated ── ExternalWorkflowExecutionSignaled | …CancelRequested | …Failed ──▶ closed
#include "units/pid.h"
#include "units/workflows/header.h"
#include "units/workflows/meanings.h"
#include "units/workflows/names.h"
#include "units/workflows/payload.h"

namespace trivium::units::workflows {
namespace {

enum class State { issued, initiated, closed };

constexpr Transition<State> transitions[] = {
    {State::issued, EventType::signal_external_initiated, State::initiated},
    {State::issued, EventType::cancel_external_initiated, State::initiated},
    {State::initiated, EventType::external_signaled, State::closed},
    {State::initiated, EventType::signal_external_failed, State::closed},
    {State::initiated, EventType::external_cancel_requested, State::closed},
    {State::initiated, EventType::cancel_external_failed, State::closed},
};

class External final : public Machine {
 public:
  // `prefix`: of error messages; empty for signals, whose errors keep their kind.
  External(lua::OpId op, std::string prefix) : op_(op), prefix_(std::move(prefix)) {}

  void confirmed(const Event& event) override {
    state_ = next_state<State>(transitions, state_, event.type).value_or(state_);
  }

  bool resolve(const Event& event, Instance& instance) override {
    const auto next = next_state<State>(transitions, state_, event.type);
    if (!next) return false;
    state_ = *next;
    const std::string_view cause = text_at(event.attributes, "cause");
    instance.queue_completion(op_, cause.empty() ? lua::Reply::of(true) : lua::Reply::failure(error(cause)));
    return true;
  }

 private:
  Error error(std::string_view cause) const {
    const std::string_view text =
        cause == "NAMESPACE_NOT_FOUND" ? "namespace not found" : "unknown external workflow execution";
    if (prefix_.empty()) return Error::of(kind::not_found, std::string(text));
    return Error::of(kind::internal, prefix_ + std::string(text));
  }

  const lua::OpId op_;
  const std::string prefix_;
  State state_ = State::issued;
};

// The PID a destination means; a name is looked up once and recorded.
Result<std::string> resolved(Instance& instance, const std::string& destination) {
  if (looks_like_pid(destination)) return destination;
  Result<Value> pid = instance.record(
      [&]() -> Result<Value> {
        Result<std::string> found = instance.parts().processes.resolve(destination);
        if (!found) return fail(std::move(found.error()));
        return Value(std::move(*found));
      },
      false, "process.resolve");
  if (!pid) return fail(std::move(pid.error()));
  return pid->is_string() ? pid->as_string() : std::string();
}

bool is_workflow(const Instance& instance, const PidText& pid) {
  const Place& place = instance.info().place;
  return pid.node == place.node || (pid.node.empty() && (pid.host == place.host || pid.host == "temporal"));
}

bool is_self(const Instance& instance, const PidText& pid) {
  const Place& place = instance.info().place;
  return pid.id == instance.info().workflow_id && pid.host == place.host &&
         (pid.node.empty() || pid.node == place.node);
}

lua::Reply denied(std::string_view verb, const std::string& destination) {
  return lua::Reply::failure(
      Error::of(kind::permission_denied, "not allowed to " + std::string(verb) + " process: " + destination));
}

lua::Reply answer(const Result<Value>& recorded) {
  if (!recorded) return lua::Reply::failure(recorded.error());
  return lua::Reply::of(true);
}

std::optional<lua::Reply> send_to_process(Instance& instance, const std::string& pid,
                                          const std::string& topic, const Values& values) {
  const bool replaying = instance.replaying();
  const Result<Value> recorded = instance.record(
      [&]() -> Result<Value> {
        if (Result<> routable = instance.parts().processes.routable(pid); !routable)
          return fail(routable.error());
        return Value(true);
      },
      false, "process.send");
  if (recorded && !replaying) instance.send_after_commit({pid, {topic, instance.info().pid(), values}});
  return answer(recorded);
}

std::optional<lua::Reply> send_to_workflow(Instance& instance, lua::OpId op, std::string_view workflow_id,
                                           const std::string& topic, const Array& input) {
  Result<> named = check_names({{"the id of the workflow", "workflow_execution.workflow_id", workflow_id},
                                {"the topic", "signal_name", topic}},
                               instance.recorded());
  if (!named) return lua::Reply::failure(std::move(named.error()));
  instance.emit({EventType::signal_external_initiated,
                 Object{{"workflow_execution", Object{{"workflow_id", workflow_id}}},
                        {"signal_name", topic},
                        {"control", std::to_string(instance.next_sequence())},
                        {"input", input},
                        {"header", signal_header(*instance.info().frame, instance.info().pid())}},
                 {},
                 std::make_shared<External>(op, "")});
  return std::nullopt;
}

}  // namespace

Plan plan(Instance& instance, lua::OpId op, Send& command) {
  Result<Array> input = payloads_of(command.values);
  if (!input) return Plan::refuse(std::move(input.error()));
  if (input->empty()) input->push_back(null_payload());
  return {std::nullopt,
          [&instance, op, destination = std::string(command.destination), topic = std::string(command.topic),
           values = std::move(command.values), input = std::move(*input)]() -> std::optional<lua::Reply> {
            const Result<std::string> pid = resolved(instance, destination);
            if (!pid) return lua::Reply::failure(pid.error());
            const std::optional<PidText> target = parse_pid(*pid);
            if (!target) return lua::Reply::failure(Error::of(kind::not_found, "not a PID: " + *pid));
            if (target->host == "update") {
              return instance.updates().answer(instance, target->id, topic, values);
            }
            if (!instance.allows("process.send", *pid)) return denied("send", destination);
            if (is_self(instance, *target)) {
              instance.send_to_self({topic, instance.info().pid(), values});
              return lua::Reply::of(true);
            }
            if (is_workflow(instance, *target))
              return send_to_workflow(instance, op, target->id, topic, input);
            return send_to_process(instance, *pid, topic, values);
          }};
}

Plan plan(Instance& instance, lua::OpId op, Control& command) {
  const std::string verb = verb_name(command.verb);
  if (command.verb != Control::Verb::cancel && command.verb != Control::Verb::terminate) {
    return Plan::refuse(
        Error::of(kind::internal, verb + " failed: process." + verb + " not supported in workflow context"));
  }
  return {std::nullopt,
          [&instance, op, verb, prefix = verb + " failed: ", destination = std::move(command.destination),
           reason = std::move(command.reason)]() -> std::optional<lua::Reply> {
            const Result<std::string> pid = resolved(instance, destination);
            const std::optional<PidText> target = pid ? parse_pid(*pid) : std::nullopt;
            if (!target) {
              return lua::Reply::failure(Error::of(
                  kind::internal, prefix + (pid ? "not a PID: " + destination : pid.error().message)));
            }
            if (!instance.allows("process." + verb, *pid)) return denied(verb, destination);
            Result<> named =
                check_names({{"the id of the workflow", "workflow_execution.workflow_id", target->id}},
                            instance.recorded());
            if (!named) return lua::Reply::failure(std::move(named.error()));
            instance.emit({EventType::cancel_external_initiated,
                           Object{{"workflow_execution", Object{{"workflow_id", target->id}}},
                                  {"control", std::to_string(instance.next_sequence())},
                                  {"reason", reason}},
                           {},
                           std::make_shared<External>(op, prefix)});
            return std::nullopt;
          }};
}

}  // namespace trivium::units::workflows
