// Local activities: they run before the task that asks for them is committed, and if there is nothing else
// that has to become visible, the run goes on with their outcomes. One commit has it all. If the runtime dies
// before it, they run again.
#include <iterator>
#include <utility>

#include "units/workflows/core.h"
#include "units/workflows/run.h"

namespace trivium::units::workflows {
namespace {

constexpr std::string_view identity = "trivium";

// Batches of events are JSON lists.
void append_batch(std::string& list, std::string batch) {
  if (list.empty()) {
    list = std::move(batch);
    return;
  }
  list.back() = ',';
  list.append(batch, 1);
}

void push_front(std::deque<Waiting>& waiting, std::deque<Waiting> taken) {
  for (; !taken.empty(); taken.pop_back()) waiting.push_front(std::move(taken.back()));
}

}  // namespace

int64_t Run::next_event_id() const { return draft_ ? draft_->events.back().id + 1 : row_.next_event_id; }

// The code waits: what it asked for becomes events.
void Run::finish_task() {
  Finished task;
  task.started = task_started_;
  task.taken = std::exchange(in_task_, {});
  task.messages = engine_->take_messages();
  std::vector<Event> events = std::exchange(task_events_, {});
  const size_t inputs = events.size();
  const int64_t completed = task_started_ + 1;
  events.push_back({completed,
                    EventType::task_completed,
                    task_time_ns_,
                    Object{{"scheduled_event_id", task_started_ - 1},
                           {"started_event_id", task_started_},
                           {"identity", identity}},
                    false,
                    {}});
  if (engine_->in_first_task()) events.back().attributes.set("sdk_metadata", sdk_metadata());
  bool quiet = task.messages.empty();
  std::vector<int64_t> local;
  for (WorkflowCommand& command : engine_->take_commands()) {
    Event event{events.back().id + 1, command.event, task_time_ns_, std::move(command.attributes), false, {}};
    event.attributes.set("workflow_task_completed_event_id", completed);
    if (!command.summary.empty()) event.attributes.set("summary", command.summary);
    if (command.local && activities_.may_be_local(event.attributes)) {
      local.push_back(event.id);
    } else if (event.type != EventType::marker_recorded) {
      quiet = false;
    }
    events.push_back(std::move(event));
  }
  unfed_.assign(events.begin() + static_cast<std::ptrdiff_t>(inputs), events.end());
  if (!draft_) {
    draft_ = std::make_shared<TaskCommit>();
    draft_->first_event_id = row_.next_event_id;
  }
  if (is_close_event(events.back().type)) draft_->started = engine_->info().started;
  if (code_) draft_->code = text_of(*code_);
  draft_->newest = on_newest_;
  task.events = static_cast<std::ptrdiff_t>(events.size());
  task.encoded_before = draft_->encoded.size();
  append_batch(draft_->encoded, encode_events(events));
  draft_->events.insert(draft_->events.end(), std::make_move_iterator(events.begin()),
                        std::make_move_iterator(events.end()));
  finished_.push_back(std::move(task));
  if (!hold(quiet, local)) commit();
}

// Whether the commit waits for local activities. `quiet`: the task asks for nothing else; those of a task
// that does are ordinary ones.
bool Run::hold(bool quiet, const std::vector<int64_t>& local) {
  if (!quiet || hold_over_ || core_->slots().closed()) return false;
  if (draft_->encoded.size() >= core_->options().most_held_bytes) return false;
  if (local.empty() && !activities_.worth_waiting()) return false;
  for (const int64_t id : local) {
    const Event& event = draft_->events[static_cast<size_t>(id - draft_->first_event_id)];
    ActivityRow row;
    row.scheduled_event_id = event.id;
    row.scheduled_ns = event.time_ns;
    row.scheduled = event.attributes;
    activities_.add_local(std::move(row));
  }
  if (waiting_.empty() && !activities_.worth_waiting()) return false;
  phase_ = Phase::holding;
  if (finished_.size() > 1) return true;
  core_->cancel(hold_limit_);
  hold_limit_ =
      core_->at(core_->now_ns() + core_->options().local_limit.count(), [run = sched::Ref<Run>(this)] {
        run->post([run = run.get()] { run->hold_over_ = run->draft_ && run->phase_ != Phase::committing; });
      });
  return true;
}

// The task in progress comes to nothing, those before it do not: it begins again, from the history.
bool Run::commit_without_this_task() {
  if (finished_.empty()) return false;
  drop_engine();
  push_front(waiting_, std::exchange(in_task_, {}));
  task_events_.clear();
  commit();
  return true;
}

// After a commit that was refused.
void Run::drop_last_task() {
  drop_engine();
  Finished last = std::move(finished_.back());
  finished_.pop_back();
  push_front(waiting_, std::move(last.taken));
  auto smaller = std::make_shared<TaskCommit>();
  smaller->first_event_id = draft_->first_event_id;
  smaller->started = std::move(draft_->started);
  smaller->code = std::move(draft_->code);
  smaller->newest = draft_->newest;
  smaller->events = std::move(draft_->events);
  smaller->events.erase(smaller->events.end() - last.events, smaller->events.end());
  smaller->encoded = std::move(draft_->encoded);
  smaller->encoded.resize(last.encoded_before);
  smaller->encoded.back() = ']';
  draft_ = std::move(smaller);
}

// None of it happened: local activities run again.
void Run::give_back_finished() {
  if (!draft_) return;
  for (; !finished_.empty(); finished_.pop_back()) push_front(waiting_, std::move(finished_.back().taken));
  std::erase_if(waiting_, [&](const Waiting& waiting) { return waiting.activity >= draft_->first_event_id; });
  draft_.reset();
  core_->cancel(hold_limit_);
  hold_over_ = false;
  activities_.drop_local();
}

}  // namespace trivium::units::workflows
