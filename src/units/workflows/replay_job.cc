#include "units/workflows/replay_job.h"

#include <algorithm>
#include <utility>

#include "units/workflows/built_in_queries.h"
#include "units/workflows/matching.h"
#include "units/workflows/payload.h"
#include "units/workflows/replies.h"

namespace trivium::units::workflows {
namespace {

// A workflow that has not begun is asked as it will be after its first task.
bool add_first_task(std::vector<Event>& history, int64_t now_ns) {
  const bool begun = std::any_of(history.begin(), history.end(), [](const Event& event) {
    return event.type == EventType::task_started || is_close_event(event.type);
  });
  if (begun || history.empty()) return false;
  const int64_t id = history.back().id;
  const int64_t time_ns = std::max(now_ns, history.back().time_ns);
  history.push_back({id + 1, EventType::task_scheduled, time_ns, {}, false, {}});
  history.push_back(
      {id + 2, EventType::task_started, time_ns, Object{{"scheduled_event_id", id + 1}}, false, {}});
  return true;
}

// As it is after it has crossed the boundary of a workflow, by the rules for results.
lua::Reply as_result(lua::Reply answer) {
  if (answer.error) return answer;
  Result<Value> payload = result_payload(answer.values);
  if (!payload) {
    payload.error().message = "failed to encode the answer: " + payload.error().message;
    return lua::Reply::failure(std::move(payload.error()));
  }
  const Value result(Array{std::move(*payload)});
  return result_reply(&result);
}

}  // namespace

ReplayJob::ReplayJob(const EngineParts& parts, const Clock& clock, ReplayRequest request, Done done)
    : clock_(clock),
      engine_(parts, std::move(request.place), std::move(request.workflow_id), std::move(request.run_id),
              std::move(request.code)),
      limit_(request.limit),
      query_(std::move(request.query)),
      done_(std::move(done)) {
  const int64_t last_id = request.history.empty() ? 0 : request.history.back().id;
  // What ended it from outside says nothing of what its code did last.
  for (auto event = request.history.rbegin(); event != request.history.rend(); ++event) {
    last_ = *event;
    if (!is_close_event(last_.type) || ended_by_code()) break;
  }
  if (query_ && add_first_task(request.history, clock.wall_ns())) {
    last_ = request.history.back();
    engine_.mute();
  }
  engine_.feed(std::move(request.history), last_id);
}

sched::Outcome ReplayJob::run() {
  if (since_ns_ == 0) since_ns_ = clock_.monotonic_ns();
  return asking_ ? ask() : replay();
}

sched::Outcome ReplayJob::replay() {
  switch (engine_.step()) {
    case Engine::Step::again:
      return slice_over();
    case Engine::Step::failed:
      return end({engine_.failure(), {}});
    case Engine::Step::done:
      break;
  }
  std::optional<TaskFailure> left = left_over();
  if (left || !query_) return end({std::move(left), {}});
  if (std::optional<lua::Reply> known = answer_built_in(engine_.info(), query_->name))
    return end({{}, std::move(*known)});
  if (!engine_.begin_query(query_->name, query_->arguments)) {
    return end({{}, lua::Reply::failure(Error::of(kind::not_found, "unknown query type: " + query_->name))});
  }
  asking_ = true;
  return ask();
}

sched::Outcome ReplayJob::ask() {
  std::optional<lua::Reply> answer = engine_.query_step();
  if (!answer) return slice_over();
  return end({{}, as_result(std::move(*answer))});
}

sched::Outcome ReplayJob::slice_over() {
  if (clock_.monotonic_ns() - since_ns_ <= limit_.count()) return sched::Outcome::again;
  return end({TaskFailure{false, "the workflow computes for too long without waiting"}, {}});
}

sched::Outcome ReplayJob::end(ReplayOutcome outcome) {
  std::exchange(done_, nullptr)(std::move(outcome));
  return sched::Outcome::done;
}

bool ReplayJob::ended_by_code() const {
  return is_close_event(last_.type) &&
         value_at(last_.attributes, "workflow_task_completed_event_id") != nullptr;
}

// A run does not go on behind the history, so the engine has no later event at which it would compare what
// the last task asked for.
std::optional<TaskFailure> ReplayJob::left_over() const {
  const bool by_code = ended_by_code();
  for (const WorkflowCommand& command : engine_.unmatched()) {
    if (command.version) continue;
    // Behind the last task of an open run anything may follow only if the task itself is in the history.
    if (last_.type == EventType::task_started) return std::nullopt;
    return mismatch(&command, by_code ? &last_ : nullptr);
  }
  if (by_code && !engine_.closed()) return mismatch(nullptr, &last_);
  return std::nullopt;
}

}  // namespace trivium::units::workflows
