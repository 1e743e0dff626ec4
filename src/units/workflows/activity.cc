// funcs.call, funcs.async, future:cancel.
//
//   issued ── ActivityTaskScheduled ──▶ open ── Completed | Failed | TimedOut | Canceled ──▶ closed
//   open ── ActivityTaskStarted ──▶ open
#include "units/workflows/failure.h"
#include "units/workflows/header.h"
#include "units/workflows/meanings.h"
#include "units/workflows/names.h"
#include "units/workflows/options.h"
#include "units/workflows/payload.h"
#include "units/workflows/replies.h"

namespace trivium::units::workflows {
namespace {

enum class State { issued, open, closed };

constexpr Transition<State> transitions[] = {
    {State::issued, EventType::activity_scheduled, State::open},
    {State::open, EventType::activity_started, State::open},
    {State::open, EventType::activity_completed, State::closed},
    {State::open, EventType::activity_failed, State::closed},
    {State::open, EventType::activity_timed_out, State::closed},
    {State::open, EventType::activity_canceled, State::closed},
};

class Activity final : public Machine, public std::enable_shared_from_this<Activity> {
 public:
  Activity(lua::OpId op, bool async, bool local, std::string id)
      : op_(op), async_(async), local_(local), id_(std::move(id)) {}

  void schedule(Instance& instance, Object attributes, std::string summary) {
    sequence_ = instance.next_sequence();
    if (id_.empty()) id_ = std::to_string(sequence_);
    if (!instance.open_activities().insert(id_).second) {
      return instance.fail_task(true, "[TMPRL1100] the code schedules a second activity with id " + id_ +
                                          " while the first is open");
    }
    attributes.set("activity_id", id_);
    instance.calls()[op_] = shared_from_this();
    instance.emit({EventType::activity_scheduled, std::move(attributes), std::move(summary),
                   shared_from_this(), false, local_});
  }

  void request_cancel(Instance& instance) {
    if (state_ == State::closed || cancel_requested_) return;
    cancel_requested_ = true;
    instance.emit(
        {EventType::activity_cancel_requested, Object{{"scheduled_event_id", sequence_}}, {}, nullptr});
  }

  void confirmed(const Event& event) override {
    state_ = next_state<State>(transitions, state_, event.type).value_or(state_);
  }

  bool resolve(const Event& event, Instance& instance) override {
    const auto next = next_state<State>(transitions, state_, event.type);
    if (!next) return false;
    state_ = *next;
    if (state_ != State::closed) return true;
    instance.open_activities().erase(id_);
    instance.calls().erase(op_);
    lua::Reply reply = outcome(event);
    if (async_) {
      instance.queue_reply(op_, std::move(reply));
    } else {
      instance.queue_completion(op_, std::move(reply));
    }
    return true;
  }

 private:
  lua::Reply outcome(const Event& event) const {
    if (event.type == EventType::activity_completed) return result_reply(event.attributes.find("result"));
    Error error = event.type == EventType::activity_canceled
                      ? Error::of(kind::canceled, "operation canceled")
                      : failure_error(event.attributes.find("failure"));
    add_details(
        error, Object{{"_wrapper", "activity"}, {"_activity_id", id_}, {"_retry_state", retry_state(event)}});
    return lua::Reply::failure(std::move(error));
  }

  const lua::OpId op_;
  const bool async_;
  const bool local_;
  std::string id_;
  int64_t sequence_ = 0;
  bool cancel_requested_ = false;
  State state_ = State::issued;
};

// The defaults are of the function that is deployed now. If they do not read, as no start of a runtime lets
// pass, a call that a history has is still the same call.
Result<ActivityOptions> options_of(const Instance& instance, const CallFunction& command) {
  const Object& own = command.settings.options;
  Result<ActivityOptions> both =
      parse_activity_options(own, instance.parts().functions.options(command.target));
  if (both) return both;
  Result<ActivityOptions> alone = parse_activity_options(own, {});
  return alone ? std::move(alone) : std::move(both);
}

// An asynchronous call has to know before it takes its turn.
Plan refuse(CallFunction& command, Error error) {
  command.refused = true;
  Plan plan = Plan::refuse(std::move(error));
  plan.in_turn = !command.async;
  return plan;
}

}  // namespace

Plan plan(Instance& instance, lua::OpId op, CallFunction& command) {
  Result<ActivityOptions> options = options_of(instance, command);
  if (!options) {
    return refuse(command, Error::of(kind::invalid, "invalid temporal activity options for " +
                                                        command.target + ": " + options.error().message));
  }
  Result<> named = check_names({{"the id of the function", "activity_type.name", command.target},
                                {"activity.id", "activity_id", options->id},
                                {"activity.task_queue", "task_queue.name", options->task_queue}},
                               instance.recorded());
  if (!named) return refuse(command, std::move(named.error()));
  Result<Array> input = payloads_of(command.arguments);
  if (!input) return refuse(command, std::move(input.error()));
  Object attributes = std::move(options->attributes);
  attributes.set("activity_type", Object{{"name", command.target}});
  attributes.set("task_queue", Object{{"name", options->task_queue.empty() ? instance.info().task_queue
                                                                           : options->task_queue}});
  attributes.set("input", std::move(*input));
  Result<Object> header = header_of(merged(*instance.info().frame, command.settings));
  if (!header) return refuse(command, std::move(header.error()));
  if (!header->empty()) attributes.set("header", std::move(*header));
  auto activity = std::make_shared<Activity>(op, command.async, options->local, std::move(options->id));
  return {std::nullopt,
          [&instance, activity = std::move(activity), attributes = std::move(attributes),
           summary = std::move(options->summary)]() mutable -> std::optional<lua::Reply> {
            activity->schedule(instance, std::move(attributes), std::move(summary));
            return std::nullopt;
          }};
}

Plan plan(Instance& instance, lua::OpId, CancelCall& command) {
  return {std::nullopt, [&instance, call = command.call]() -> std::optional<lua::Reply> {
            const auto at = instance.calls().find(call);
            if (at != instance.calls().end()) static_cast<Activity&>(*at->second).request_cancel(instance);
            return lua::Reply::of(true);
          }};
}

}  // namespace trivium::units::workflows
