#include "units/workflows/engine.h"

#include <algorithm>
#include <utility>

#include "units/workflows/header.h"
#include "units/workflows/matching.h"
#include "units/workflows/payload.h"
#include "units/workflows/replies.h"

namespace trivium::units::workflows {
namespace {

bool is_version_marker(const Event& event) {
  return event.type == EventType::marker_recorded && text_at(event.attributes, "marker_name") == "Version";
}

bool is_abandoned_attempt(const std::vector<Event>& events, size_t started) {
  if (started + 1 >= events.size()) return false;
  const EventType next = events[started + 1].type;
  return next == EventType::task_failed || next == EventType::task_timed_out;
}

}  // namespace

Engine::Engine(const EngineParts& parts, Place place, std::string workflow_id, std::string run_id,
               std::shared_ptr<const WorkflowCode> code)
    : instance_(parts, std::move(code), [&] {
        RunInfo info;
        info.place = std::move(place);
        info.workflow_id = std::move(workflow_id);
        info.run_id = std::move(run_id);
        return info;
      }()) {}

void Engine::feed(std::vector<Event> events, int64_t previous_started_id,
                  std::vector<UpdateRequest> updates) {
  updates_ = std::move(updates);
  if (at_ == events_.size()) {
    events_ = std::move(events);
    at_ = 0;
  } else {
    for (Event& event : events) events_.push_back(std::move(event));
  }
  if (!events_.empty()) last_event_id_ = events_.back().id;
  previous_started_id_ = previous_started_id;
}

Engine::Step Engine::step() {
  for (;;) {
    if (running_) {
      const Instance::Step reached = instance_.step();
      if (reached == Instance::Step::again) return Step::again;
      running_ = false;
      if (reached == Instance::Step::failed) {
        failure_ = instance_.task_failure();
        return Step::failed;
      }
      closed_ = reached == Instance::Step::closed;
      for (WorkflowCommand& command : instance_.take_commands()) unmatched_.push_back(std::move(command));
      if (at_ == events_.size()) return done();
      instance_.take_messages();  // sent when this task was new
    }
    const std::optional<size_t> task = closed_ ? std::nullopt : next_task();
    std::optional<TaskFailure> failure = walk_to(task.value_or(events_.size()));
    if (!failure && task && tasks_++ == 0) failure = read_flags(*task);
    if (!failure && task) failure = preload(*task);
    if (failure) {
      failure_ = std::move(failure);
      return Step::failed;
    }
    if (!task) return done();
    deliver_updates(*task);
    const Event& started = events_[at_++];
    instance_.begin_task(started, started.id <= previous_started_id_, commands_of(*task));
    running_ = true;
  }
}

// The instance holds all that matters; a long history would double what it takes.
Engine::Step Engine::done() {
  events_ = {};
  at_ = 0;
  return Step::done;
}

// What becomes of the commands once they are in the history is decided by walk_to.
std::vector<WorkflowCommand> Engine::take_commands() {
  std::vector<WorkflowCommand> commands(unmatched_.begin(), unmatched_.end());
  return commands;
}

std::optional<size_t> Engine::next_task() const {
  for (size_t i = at_; i < events_.size(); ++i) {
    if (events_[i].type == EventType::task_started && !is_abandoned_attempt(events_, i)) return i;
  }
  return std::nullopt;
}

// The first task at `started` says what the run began with, unless it begins just now.
std::optional<TaskFailure> Engine::read_flags(size_t started) {
  const size_t completed = started + 1;
  if (completed >= events_.size() || events_[completed].type != EventType::task_completed)
    return std::nullopt;
  Result<Flags> flags = flags_of(events_[completed]);
  if (!flags) return TaskFailure{false, flags.error().message};
  instance_.set_flags(*flags);
  return std::nullopt;
}

// What the task at `started` asked for when it was new.
std::span<const Event> Engine::commands_of(size_t started) const {
  const size_t completed = started + 1;
  if (completed >= events_.size() || events_[completed].type != EventType::task_completed) return {};
  size_t end = completed + 1;
  while (end < events_.size() && is_command_event(events_[end].type)) ++end;
  return std::span(events_).subspan(completed + 1, end - completed - 1);
}

// The markers among it.
std::optional<TaskFailure> Engine::preload(size_t started) {
  for (const Event& event : commands_of(started)) {
    if (event.type != EventType::marker_recorded) continue;
    if (auto failure = instance_.preload(event)) return failure;
  }
  return std::nullopt;
}

// Those that the task at `started` accepted when it was new, or what it gets now.
void Engine::deliver_updates(size_t started) {
  std::vector<UpdateRequest> updates;
  size_t i = started + 1;
  if (i >= events_.size()) {
    updates = std::exchange(updates_, {});
  } else if (events_[i].type == EventType::task_completed) {
    for (++i; i < events_.size() && is_command_event(events_[i].type); ++i) {
      if (events_[i].type == EventType::update_accepted) {
        updates.push_back(update_of_accepted(events_[i].attributes));
      }
    }
    std::stable_sort(
        updates.begin(), updates.end(),
        [](const UpdateRequest& one, const UpdateRequest& other) { return one.order < other.order; });
  }
  for (UpdateRequest& update : updates) instance_.queue_update(std::move(update));
}

std::optional<TaskFailure> Engine::walk_to(size_t end) {
  while (at_ < end) {
    Event& event = events_[at_++];
    if (auto failure = apply(event)) return failure;
    event.attributes = {};  // nobody looks back: freed while it is in the cache
  }
  if (end == events_.size() || !matching_) return std::nullopt;
  return finish_matching(events_[end]);
}

std::optional<TaskFailure> Engine::apply(const Event& event) {
  if (event.type == EventType::task_completed) {
    matching_ = true;
    after_version_ = false;
    return std::nullopt;
  }
  if (matching_) {
    if (is_command_event(event.type)) return match(event);
    if (auto failure = finish_matching(event)) return failure;
  }
  switch (event.type) {
    case EventType::execution_started:
      return instance_.start(event);
    case EventType::execution_signaled: {
      const std::string_view name = text_at(event.attributes, "signal_name");
      if (name.starts_with('@')) return std::nullopt;
      Result<Values> values = values_of(event.attributes.find("input"));
      if (!values) {
        return TaskFailure{false,
                           "signal " + std::string(name) + " cannot be decoded: " + values.error().message};
      }
      // Without arguments a signal has one payload that says so.
      if (values->count == 1 && values->bytes == std::string(1, wire::nil)) *values = {};
      instance_.queue_message(
          {std::string(name), sender_of(event.attributes.find("header")), std::move(*values)});
      return std::nullopt;
    }
    case EventType::execution_cancel_requested:
      instance_.queue_message(cancel_event(event.time_ns, text_at(event.attributes, "cause")));
      return std::nullopt;
    case EventType::timer_fired: {
      auto& timers = instance_.timers();
      const auto at = timers.find(std::string(text_at(event.attributes, "timer_id")));
      const std::shared_ptr<Machine> timer = at != timers.end() ? std::move(at->second) : nullptr;
      if (timer != nullptr) timers.erase(at);
      if (timer != nullptr && timer->resolve(event, instance_)) return std::nullopt;
      return TaskFailure{true, "[TMPRL1100] the history has TimerFired (event " + std::to_string(event.id) +
                                   ") for a timer the code did not start: " +
                                   std::string(text_at(event.attributes, "timer_id"))};
    }
    case EventType::task_failed:
      // A reset gives the children that follow other ids.
      if (text_at(event.attributes, "cause") == "RESET_WORKFLOW") {
        instance_.info().original_run_id = text_at(event.attributes, "new_run_id");
      }
      return std::nullopt;
    case EventType::unknown:
      if (event.worker_may_ignore) return std::nullopt;
      return TaskFailure{
          true, "[TMPRL1100] the history has an event this runtime does not know: " + event.unknown_name};
    default:
      const std::optional<Answer> answer = answer_of(event);
      return answer ? resolve(*answer, event) : std::nullopt;
  }
}

std::optional<TaskFailure> Engine::resolve(const Answer& answer, const Event& event) {
  auto& confirmed = instance_.confirmed();
  const auto at = confirmed.find(answer.to);
  if (at == confirmed.end() || !at->second->resolve(event, instance_)) {
    return TaskFailure{true, "[TMPRL1100] the history has " + std::string(event_name(event.type)) +
                                 " (event " + std::to_string(event.id) + ") for event " +
                                 std::to_string(answer.to) +
                                 ", where the code waits for nothing of the kind"};
  }
  if (answer.last) confirmed.erase(at);
  return std::nullopt;
}

std::optional<TaskFailure> Engine::match(const Event& event) {
  if (is_close_event(event.type)) {
    if (!unmatched_.empty() && unmatched_.back().event == event.type) unmatched_.pop_back();
    return std::nullopt;
  }
  if (is_version_marker(event)) {
    after_version_ = true;
    return std::nullopt;
  }
  if (std::exchange(after_version_, false) && is_version_upsert(event)) return std::nullopt;
  while (!unmatched_.empty() && unmatched_.front().version) unmatched_.pop_front();
  if (unmatched_.empty()) return mismatch(nullptr, &event);
  const WorkflowCommand command = std::move(unmatched_.front());
  unmatched_.pop_front();
  if (!agrees(command, event)) return mismatch(&command, &event);
  if (command.machine) {
    command.machine->confirmed(event);
    if (event.type != EventType::timer_started) instance_.confirmed()[event.id] = command.machine;
  }
  return std::nullopt;
}

// `event`: the first one behind the commands of a task.
std::optional<TaskFailure> Engine::finish_matching(const Event& event) {
  matching_ = false;
  while (!unmatched_.empty() && unmatched_.front().version) unmatched_.pop_front();
  if (unmatched_.empty()) return std::nullopt;
  return mismatch(&unmatched_.front(), &event);
}

}  // namespace trivium::units::workflows
