// How a run carries out one workflow task: events in, the engine, events and effects out.
#include <algorithm>
#include <utility>

#include "units/workflows/core.h"
#include "units/workflows/failure.h"
#include "units/workflows/run.h"

namespace trivium::units::workflows {
namespace {

constexpr int64_t history_page = 500;  // batches
constexpr std::string_view identity = "trivium";
constexpr int most_doublings = 16;  // of a pause; it has another limit

void overlay(Object& onto, const Value* fields) {
  if (fields == nullptr || !fields->is_object()) return;
  for (const auto& [key, value] : fields->as_object()) onto.set(key, value);
}

}  // namespace

void Run::begin() {
  const ServiceOptions& limits = core_->options();
  if (row_.next_event_id > limits.max_events || row_.history_bytes > limits.max_history_bytes) {
    return fail_too_long();
  }
  if (row_.next_event_id > limits.warn_events && !std::exchange(warned_, true)) {
    core_->log().warn(
        "a workflow's history grows long: continue as new (process.upgrade) before it reaches the limit",
        {{"workflow", row_.workflow_id}, {"events", row_.next_event_id - 1}, {"limit", limits.max_events}});
  }
  if (is_for_others()) {
    return park({false, "it was started for task queue " + row_.task_queue +
                            ", which no worker of this store serves: " + limits.worker + " serves " +
                            limits.task_queue});
  }
  if (engine_) {
    begin_task({});
  } else {
    history_.clear();
    load_history(1);
  }
}

// A store of one runtime has one worker. What it began it goes on with, whatever the queue's name is today.
bool Run::is_for_others() const {
  return core_->sharing() == nullptr && row_.last_task_started == 0 && row_.first_run_id == run_id_ &&
         row_.task_queue != core_->options().task_queue;
}

struct Run::Page {
  std::optional<RunRow> row;
  std::vector<std::string> batches;
  std::optional<std::string> source;  // of the code it is on, with the last page, if that is wanted
};

// In pages, so that a long history does not keep others from the store.
void Run::load_history(int64_t from_event_id) {
  phase_ = Phase::loading;
  auto page = std::make_shared<Page>();
  core_->transact(
      [page, core = core_.get(), id = run_id_, from_event_id](Tables& tables, ScriptContext&) -> Result<> {
        page->row = tables.run(id);
        page->batches = tables.history(id, from_event_id, history_page);
        const bool last = static_cast<int64_t>(page->batches.size()) < history_page;
        if (last && page->row && core->wants_source(*page->row)) {
          page->source = tables.source(page->row->code_hash);
        }
        return {};
      },
      [page, run = sched::Ref<Run>(this)](Result<> outcome) {
        run->post([run = run.get(), page, outcome = std::move(outcome)] { run->loaded(outcome, *page); });
      },
      {.run_id = run_id_, .ends_turn = true});
}

void Run::loaded(const Result<>& outcome, Page& page) {
  if (!outcome) return pause(std::chrono::seconds(1));
  if (!page.row || page.row->status != RunStatus::running) return close();
  if (page.row->fence != row_.fence) return lost();
  for (const std::string& batch : page.batches) {
    if (Result<> decoded = decode_events(batch, history_); !decoded) {
      return park({false, "the history cannot be read: " + decoded.error().message});
    }
  }
  if (static_cast<int64_t>(page.batches.size()) == history_page) {
    return load_history(history_.back().id + 1);
  }
  row_ = std::move(*page.row);
  if (!history_.empty()) last_time_ns_ = std::max(last_time_ns_, history_.back().time_ns);
  start_engine(std::move(page.source));
}

// Gives what waits its place in the history.
std::vector<Event> Run::number_events() {
  int64_t id = next_event_id();
  std::vector<Event> events;
  const auto add = [&](Event event) {
    event.id = id++;
    event.time_ns = task_time_ns_;
    events.push_back(std::move(event));
  };
  for (Waiting& waiting : waiting_) {
    for (Event event : waiting.events) {
      if (event.type == EventType::update_admitted) continue;  // its acceptance is an event
      if (waiting.activity != 0 && event.type != EventType::activity_started) {
        event.attributes.set("started_event_id", id - 1);
      }
      add(std::move(event));
    }
    in_task_.push_back(std::move(waiting));
  }
  waiting_.clear();
  add({0,
       EventType::task_scheduled,
       0,
       Object{{"task_queue", Object{{"name", row_.task_queue}}}, {"attempt", 1}},
       false,
       {}});
  task_started_ = id;
  add({0,
       EventType::task_started,
       0,
       Object{{"scheduled_event_id", id - 1},
              {"identity", identity},
              {"history_size_bytes",
               row_.history_bytes + static_cast<int64_t>(draft_ ? draft_->encoded.size() : 0)}},
       false,
       {}});
  return events;
}

void Run::begin_task(std::vector<Event> history) {
  task_time_ns_ = last_time_ns_ = std::max(last_time_ns_, core_->now_ns());
  task_events_ = number_events();
  std::vector<Event> feed = std::move(history);
  for (Event& event : std::exchange(unfed_, {})) feed.push_back(std::move(event));
  feed.insert(feed.end(), task_events_.begin(), task_events_.end());
  engine_->feed(std::move(feed), row_.last_task_started, updates_in_task());
  compute_since_ns_ = core_->parts().clock.monotonic_ns();
  phase_ = Phase::computing;
}

// How long a task may compute: workflow.task_timeout of the start, or the worker's.
Duration Run::task_timeout() const {
  const int64_t own = integer_at(engine_->info().started, "workflow_task_timeout");
  return own > 0 ? Duration(own) : core_->options().task_timeout;
}

sched::Outcome Run::compute() {
  switch (engine_->step()) {
    case Engine::Step::again:
      if (core_->parts().clock.monotonic_ns() - compute_since_ns_ > task_timeout().count()) {
        const Duration timeout = task_timeout();
        if (commit_without_this_task()) return sched::Outcome::idle;
        if (trying_) {
          turn_down("newer code computes for more than " + format_duration(timeout) + " without waiting");
          return sched::Outcome::idle;
        }
        core_->log().error("a workflow computes for too long without waiting; it is stopped and tried again",
                           {{"workflow", row_.workflow_id}, {"type", row_.type}});
        note_parked(
            "the workflow computes for more than " + format_duration(timeout) +
            " without waiting: correct its code, or let a function compute; it is tried again now and then");
        give_back();
        pause(std::min<Duration>(timeout * (int64_t{1} << slow_tasks_), std::chrono::minutes(10)));
        if (slow_tasks_ < most_doublings) ++slow_tasks_;
        return sched::Outcome::idle;
      }
      return sched::Outcome::again;
    case Engine::Step::failed:
      if (commit_without_this_task()) return sched::Outcome::idle;
      if (trying_) {
        turn_down(std::string(engine_->failure().message));
      } else if (engine_->failure().too_long) {
        give_back();
        fail_too_long();
      } else {
        park(TaskFailure(engine_->failure()));
      }
      return sched::Outcome::idle;
    case Engine::Step::done:
      if (trying_) {
        tried();
        return phase_ == Phase::computing ? sched::Outcome::again : sched::Outcome::idle;
      }
      if (std::optional<UpdateAnswer> refused = engine_->refused_update()) {
        if (!commit_without_this_task()) refuse(std::move(*refused));
      } else {
        finish_task();
      }
      // A local activity that could not begin has ended already.
      return phase_ == Phase::holding && !waiting_.empty() ? sched::Outcome::again : sched::Outcome::idle;
  }
  return sched::Outcome::idle;
}

void Run::commit() {
  phase_ = Phase::committing;
  core_->cancel(hold_limit_);
  hold_over_ = false;
  const std::shared_ptr<TaskCommit> commit = draft_;
  commit->run_id = run_id_;
  commit->fence = row_.fence;
  commit->task_started = finished_.back().started;
  commit->code_before = row_.code_hash;
  for (const Finished& task : finished_) {
    for (const Waiting& taken : task.taken) {
      if (taken.inbound != 0) commit->consumed.push_back(taken.inbound);
      if (taken.activity >= commit->first_event_id) {
        commit->settled.insert(taken.activity);
      } else if (taken.activity != 0) {
        commit->closed_activities.push_back(taken.activity);
        if (taken.withdraws) commit->withdrawn.push_back(taken.activity);
      }
      if (taken.timer != 0) commit->fired_timers.push_back(taken.timer);
    }
  }
  for (const Event& event : commit->events) {
    if (event.type == EventType::update_completed) {
      commit->answers.push_back(answer_of_completed(event.attributes));
    }
    overlay(commit->memo, value_at(event.attributes, "upserted_memo"));
    if (event.type == EventType::search_attributes_upserted) {
      overlay(commit->search_attributes, value_at(event.attributes, "search_attributes"));
    }
  }
  core_->transact(
      [commit](Tables& tables, ScriptContext& context) { return commit_task(tables, *commit, context); },
      [commit, run = sched::Ref<Run>(this)](Result<> outcome) {
        run->post(
            [run = run.get(), commit, outcome = std::move(outcome)] { run->committed(outcome, commit); });
      },
      {.run_id = run_id_, .ends_turn = true});
}

void Run::committed(Result<> outcome, const std::shared_ptr<TaskCommit>& commit) {
  if (outcome) return take_effect(*commit);
  if (outcome.error().kind == kind::unavailable) {
    alarms_.push_back(core_->at(core_->now_ns() + std::chrono::nanoseconds(std::chrono::seconds(1)).count(),
                                [run = sched::Ref<Run>(this), commit] {
                                  run->post([run = run.get(), commit] { run->resolve(commit); });
                                }));
    return;
  }
  if (ended_) {
    give_back();
    return close();
  }
  const bool conflict = outcome.error().kind == kind::conflict;
  // It may be that only the last task cannot be: it would end the run, and there is news.
  if (conflict && finished_.size() > 1) {
    drop_last_task();
    return this->commit();
  }
  give_back();
  if (conflict) {
    if (Sharing* sharing = core_->sharing()) sharing->look();  // somebody else's event may wait
    phase_ = Phase::idle;                                      // looks at the history again
    return;
  }
  // It would be refused again, and by nothing that passes.
  park({false, "the store refuses what the workflow does: " + outcome.error().message});
}

void Run::resolve(const std::shared_ptr<TaskCommit>& commit) {
  auto found = std::make_shared<std::optional<RunRow>>();
  core_->transact(
      [found, id = run_id_](Tables& tables, ScriptContext&) -> Result<> {
        *found = tables.run(id);
        return {};
      },
      [found, commit, run = sched::Ref<Run>(this)](const Result<>& outcome) {
        run->post([run = run.get(), found, commit, read = outcome.has_value()] {
          run->resolved(read, *found, commit);
        });
      },
      {run_id_});
}

void Run::resolved(bool read, const std::optional<RunRow>& row, const std::shared_ptr<TaskCommit>& commit) {
  if (!read) return committed(fail(kind::unavailable, ""), commit);
  if (!row) return close();
  if (row->fence == row_.fence && row->last_task_started == commit->task_started) return take_effect(*commit);
  give_back();
  if (row->fence != row_.fence) return lost();
  if (ended_ || row->status != RunStatus::running) return close();
  phase_ = Phase::idle;
}

// The task is in the history: now, and not before, the world may see it.
void Run::take_effect(const TaskCommit& commit) {
  const std::vector<Finished> tasks = std::exchange(finished_, {});
  draft_.reset();
  row_.next_event_id = commit.events.back().id + 1;
  row_.last_task_started = commit.task_started;
  row_.parked.clear();
  slow_tasks_ = 0;
  row_.code_hash = commit.code.hash;
  if (commit.newest) {
    row_.refused_hash.clear();
    row_.stays_reason.clear();
  }
  phase_ = Phase::idle;
  for (const int64_t activity : commit.closed_activities) activities_.forget(activity);
  for (const int64_t fired : commit.fired_timers) {
    std::erase_if(timers_, [fired](const Timer& timer) { return timer.row.started_event_id == fired; });
  }
  for (const Finished& task : tasks) {
    for (const LocalMessage& message : task.messages) {
      core_->parts().processes.deliver(message.pid, message.message);
    }
  }
  if (ended_ || is_close_event(commit.events.back().type)) return close();
  for (const Event& event : commit.events) {
    if (event.type == EventType::timer_started) {
      arm_timer({event.id, std::string(text_at(event.attributes, "timer_id")),
                 event.time_ns + integer_at(event.attributes, "start_to_fire_timeout")});
    } else if (event.type == EventType::activity_scheduled) {
      if (commit.settled.contains(event.id) || activities_.made_durable(event.id)) continue;
      ActivityRow activity;
      activity.scheduled_event_id = event.id;
      activity.scheduled_ns = event.time_ns;
      activity.scheduled = event.attributes;
      activities_.add(std::move(activity));
    } else if (event.type == EventType::activity_cancel_requested) {
      activities_.request_cancel(integer_at(event.attributes, "scheduled_event_id"));
    }
  }
  activities_.forget(commit.settled);
  row_.history_bytes += static_cast<int64_t>(commit.encoded.size());
  if (engine_) core_->cached(*this);
}

// The task comes to nothing: what it had taken up waits again, in front.
void Run::give_back() {
  drop_engine();
  for (; !in_task_.empty(); in_task_.pop_back()) waiting_.push_front(std::move(in_task_.back()));
  task_events_.clear();
  give_back_finished();
}

void Run::park(const TaskFailure& failure) {
  give_back();
  phase_ = Phase::parked;
  if (std::exchange(told_, failure.message) != failure.message) {
    core_->log().error(
        "a workflow cannot go on and waits until its code or its surroundings are put right",
        {{"workflow", row_.workflow_id}, {"run", run_id_}, {"type", row_.type}, {"reason", failure.message}});
  }
  note_parked(failure.message);
}

// For whoever looks at the store: people, and those who would wake it.
void Run::note_parked(const std::string& reason) {
  if (row_.parked == reason) return;
  noting_ = true;
  core_->transact(
      [id = run_id_, fence = row_.fence, reason](Tables& tables, ScriptContext&) -> Result<> {
        std::optional<RunRow> row = tables.run(id);
        if (row && row->status == RunStatus::running && row->fence == fence) {
          row->parked = reason;
          tables.update_run(*row);
        }
        return {};
      },
      [run = sched::Ref<Run>(this), before = std::exchange(row_.parked, reason)](const Result<>& outcome) {
        run->post([run = run.get(), before, durable = outcome.has_value()] { run->noted(durable, before); });
      },
      {run_id_});
}

void Run::noted(bool durable, const std::string& before) {
  noting_ = false;
  if (durable) return;
  row_.parked = before;
  if (phase_ == Phase::idle) pause(std::chrono::seconds(1));
}

void Run::fail_too_long() {
  phase_ = Phase::pausing;
  Object attributes{
      {"failure", application_failure("Internal",
                                      "the workflow's history reached its limit of " +
                                          std::to_string(core_->options().max_events) + " events or " +
                                          std::to_string(core_->options().max_history_bytes) + " bytes",
                                      true)}};
  core_->transact(
      [row = row_, attributes = std::move(attributes)](Tables& tables, ScriptContext& context) {
        return workflows::close_from_outside(tables, row.workflow_id, row.run_id, EventType::execution_failed,
                                             attributes, context);
      },
      [run = sched::Ref<Run>(this)](const Result<>& outcome) {
        if (!outcome) run->post([run = run.get()] { run->pause(std::chrono::seconds(1)); });
      });
}

}  // namespace trivium::units::workflows
