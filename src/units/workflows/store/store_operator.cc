#include "units/workflows/store/store_operator.h"

#include <algorithm>
#include <thread>

#include "core/json.h"
#include "core/uuid.h"
#include "units/workflows/failure.h"
#include "units/workflows/signal.h"

namespace trivium::units::workflows {
namespace {

constexpr int64_t page = 500;  // runs
constexpr auto poll_interval = std::chrono::milliseconds(50);

Result<RunRow> found_or(std::optional<RunRow> found, std::string otherwise) {
  if (!found) return fail(kind::not_found, std::move(otherwise));
  return std::move(*found);
}

// `served`: as served_queues() tells.
bool lacks(const std::optional<std::vector<std::string>>& served, const RunRow& run) {
  return served && run.status == RunStatus::running &&
         std::find(served->begin(), served->end(), run.task_queue) == served->end();
}

}  // namespace

Result<> StoreOperator::transact(const std::function<Result<>(Tables&)>& work, bool read_only) {
  Result<> outcome;
  Job job{work, [&](Result<> done) { outcome = std::move(done); }, read_only};
  store_->run({&job, 1});
  return outcome;
}

// --- looking ----------------------------------------------------------------------------------------

Result<std::vector<RunRow>> StoreOperator::list(const RunFilter& filter, size_t limit,
                                                const std::function<bool(const RunRow&)>& accept) {
  std::vector<RunRow> found;
  Result<> done = read([&](Tables& tables) -> Result<> {
    for (int64_t offset = 0; found.size() < limit; offset += page) {
      std::vector<RunRow> runs = tables.list_runs(filter, page, offset);
      for (RunRow& run : runs) {
        if (found.size() < limit && (!accept || accept(run))) found.push_back(std::move(run));
      }
      if (static_cast<int64_t>(runs.size()) < page) break;
    }
    return {};
  });
  if (!done) return fail(std::move(done.error()));
  return found;
}

Result<RunRow> StoreOperator::find(const std::string& workflow_id) {
  std::optional<RunRow> found;
  Result<> done = read([&](Tables& tables) -> Result<> {
    found = tables.current_run(workflow_id);
    return {};
  });
  if (!done) return fail(std::move(done.error()));
  return found_or(std::move(found), "workflow not found for ID: " + workflow_id);
}

Result<RunRow> StoreOperator::run(const std::string& run_id) {
  std::optional<RunRow> found;
  Result<> done = read([&](Tables& tables) -> Result<> {
    found = tables.run(run_id);
    return {};
  });
  if (!done) return fail(std::move(done.error()));
  return found_or(std::move(found), "no run has the ID " + run_id);
}

Result<PendingWork> StoreOperator::pending(const std::string& run_id) {
  PendingWork found;
  Result<> done = read([&](Tables& tables) -> Result<> {
    found = {tables.inbound(run_id),
             tables.activities(run_id),
             tables.timers(run_id),
             tables.open_children(run_id),
             {}};
    SharedTables* shared = tables.shared();
    if (shared == nullptr) return {};
    for (const AttemptRow& attempt : shared->attempts({run_id})) {
      for (ActivityRow& activity : found.activities) {
        if (activity.scheduled_event_id != attempt.scheduled_event_id) continue;
        if (attempt.beat_ns != 0) activity.heartbeat = attempt.heartbeat;
        if (!attempt.taker.empty()) found.takers[attempt.scheduled_event_id] = attempt.taker_name;
      }
    }
    return {};
  });
  if (!done) return fail(std::move(done.error()));
  return found;
}

bool StoreOperator::unserved(const RunRow& run) {
  if (!served_) {
    served_.emplace();
    (void)read([&](Tables& tables) -> Result<> {
      served_ = served_queues(tables);
      return {};
    });
  }
  return lacks(*served_, run);
}

Result<std::vector<Event>> StoreOperator::history(const std::string& run_id) {
  std::vector<Event> events;
  Result<> done = read([&](Tables& tables) -> Result<> {
    events.clear();
    for (const std::string& batch : tables.history(run_id, 1, -1)) {
      if (Result<> decoded = decode_events(batch, events); !decoded) return decoded;
    }
    return {};
  });
  if (!done) return fail(std::move(done.error()));
  return events;
}

Result<std::string> StoreOperator::source(const std::string& hash) {
  std::optional<std::string> found;
  Result<> done = read([&](Tables& tables) -> Result<> {
    found = tables.source(hash);
    return {};
  });
  if (!done) return fail(std::move(done.error()));
  if (!found) return fail(kind::not_found, "the store does not have the code " + hash);
  return std::move(*found);
}

// --- asking -----------------------------------------------------------------------------------------

Result<> StoreOperator::ask(const OperationRow& operation) {
  int64_t sequence = 0;
  Result<> done = transact([&](Tables& tables) -> Result<> {
    if (served(tables)) {
      sequence = tables.insert_operation(operation);
      return {};
    }
    ScriptContext script = context();
    const Result<Object> applied = apply_operation(tables, operation, script);
    if (!applied) return fail(applied.error());
    return {};
  });
  if (!done || sequence == 0) return done;
  const Result<Value> told = await_outcome(sequence);
  if (!told) return fail(told.error());
  return {};
}

ScriptContext StoreOperator::context() const {
  ScriptContext context;
  context.now_ns = clock_->wall_ns();
  context.new_run_id = [this] { return new_id(); };
  return context;
}

std::string StoreOperator::new_id() const {
  Uuid::Bytes bytes;
  random_->secure_bytes(bytes.data(), bytes.size());
  return Uuid::v4(bytes).text();
}

Result<Value> StoreOperator::await_outcome(int64_t sequence) {
  const int64_t until = clock_->monotonic_ns() + patience_.count();
  for (;;) {
    std::string outcome;
    Result<> looked = transact([&](Tables& tables) -> Result<> {
      outcome = tables.take_outcome(sequence);
      return {};
    });
    if (!looked) return fail(std::move(looked.error()));
    if (!outcome.empty()) {
      Value told = json::decode(outcome).value_or(Value());
      if (told.find("errors") != nullptr) return fail(error_of_chain(told));
      return told;
    }
    if (clock_->monotonic_ns() >= until) {
      return fail(kind::timeout,
                  "the runtime that has the workflow store does not answer; it may still do it");
    }
    std::this_thread::sleep_for(poll_interval);
  }
}

Result<> StoreOperator::signal(const std::string& workflow_id, const lua::Message& message) {
  Result<InboundRow> inbound = signal_of(message);
  if (!inbound) return fail(std::move(inbound.error()));
  return ask({0, inbound->type, workflow_id, std::move(inbound->attributes)});
}

Result<> StoreOperator::request_cancel(const std::string& workflow_id, const std::string& reason) {
  return ask({0, EventType::execution_cancel_requested, workflow_id, Object{{"cause", reason}}});
}

Result<> StoreOperator::terminate(const std::string& workflow_id, const std::string& reason) {
  return ask({0, EventType::execution_terminated, workflow_id, Object{{"reason", reason}}});
}

Result<> StoreOperator::retry(const std::string& workflow_id) {
  return ask({0, EventType::task_scheduled, workflow_id, {}});
}

// The request has to reach a runtime, and the answer is waited for as long as it takes the workflow.
Result<Values> StoreOperator::update(const std::string& workflow_id, const std::string& name,
                                     const Values& arguments, Duration limit) {
  Result<UpdateRequest> update = new_update(new_id(), name, arguments);
  if (!update) return fail(std::move(update.error()));
  int64_t sequence = 0;
  PostedUpdate posted;
  Result<> done = transact([&](Tables& tables) -> Result<> {
    if (!alive(tables)) {
      return fail(kind::unavailable,
                  "no runtime carries out workflows of this store now: start the application first");
    }
    if (served(tables)) {
      sequence =
          tables.insert_operation({0, EventType::update_admitted, workflow_id, admitted_attributes(*update)});
      return {};
    }
    ScriptContext script = context();
    Result<PostedUpdate> directly = post_update(tables, workflow_id, *update, true, script);
    if (!directly) return fail(std::move(directly.error()));
    posted = std::move(*directly);
    return {};
  });
  if (!done) return fail(std::move(done.error()));
  if (sequence != 0) {
    const Result<Value> told = await_outcome(sequence);
    if (!told) return fail(told.error());
    const Object accepted = told->is_object() ? told->as_object() : Object();
    posted = {std::string(text_at(accepted, "run_id")), integer_at(accepted, "answer_slot")};
  }
  const int64_t begun = clock_->monotonic_ns();
  for (;;) {
    const int64_t waited = clock_->monotonic_ns() - begun;
    const bool late = limit.count() > 0 && waited >= limit.count();
    auto answer = look_for_answer(posted, waited < patience_.count(), late);
    if (!answer) return fail(std::move(answer.error()));
    if (*answer && (*answer)->error) return fail(std::move(*(*answer)->error));
    if (*answer) return std::move((*answer)->values);
    if (late) {
      return fail(kind::timeout, "the workflow did not answer update " + name + " within " +
                                     format_duration(limit) + "; it may still carry it out");
    }
    std::this_thread::sleep_for(poll_interval);
  }
}

Result<std::optional<lua::Reply>> StoreOperator::look_for_answer(const PostedUpdate& posted, bool patient,
                                                                 bool last) {
  std::optional<lua::Reply> answer;
  Result<> done = transact([&](Tables& tables) -> Result<> {
    answer = take_answer(tables, posted.slot, posted.run_id);
    if (answer) return {};
    Result<> goes_on = {};
    if (const std::optional<RunRow> run = tables.run(posted.run_id)) {
      const std::string later = "; the update is carried out once it goes on";
      if (!run->parked.empty()) {
        goes_on = fail(kind::unavailable, "the workflow cannot go on: " + run->parked + later);
      } else if (!patient && lacks(served_queues(tables), *run)) {
        goes_on = fail(kind::unavailable,
                       "no runtime has the workflow: none serves task queue " + run->task_queue + later);
      }
    }
    if (!last && goes_on) return {};
    // Nobody looks for the answer any more.
    tables.finish_operation(posted.slot, "{}");
    (void)tables.take_outcome(posted.slot);
    if (!goes_on) answer = lua::Reply::failure(std::move(goes_on.error()));
    return {};
  });
  if (!done) return fail(std::move(done.error()));
  return answer;
}

Result<> StoreOperator::change_code(const CodeChange& change) {
  return ask({0, EventType::execution_options_updated, change.workflow_id, attributes_of(change)});
}

}  // namespace trivium::units::workflows
