#include "units/workflows/sqlite/operator.h"

#include <filesystem>
#include <thread>

#include "core/json.h"
#include "core/uuid.h"
#include "units/workflows/failure.h"
#include "units/workflows/signal.h"
#include "units/workflows/sqlite/sqlite_store.h"
#include "units/workflows/store/scripts.h"

namespace trivium::units::workflows {

Result<Operator> Operator::open(const std::string& file, const Clock& clock, Random& random) {
  if (!std::filesystem::exists(file)) return fail(kind::not_found, "there is no workflow store " + file);
  Result<std::unique_ptr<SqliteStore>> store = SqliteStore::open({file, true, true});
  if (store) return Operator(std::move(*store), true, clock, random);
  if (store.error().kind != kind::conflict) return fail(std::move(store.error()));
  store = SqliteStore::open({file, false});
  if (!store) return fail(std::move(store.error()));
  return Operator(std::move(*store), false, clock, random);
}

Result<> Operator::transact(const std::function<Result<>(Tables&)>& work) {
  Result<> outcome;
  Job job{work, [&](Result<> done) { outcome = std::move(done); }};
  store_->run({&job, 1});
  return outcome;
}

// --- looking ----------------------------------------------------------------------------------------

Result<std::vector<RunRow>> Operator::list(std::optional<RunStatus> status, int64_t limit) {
  std::vector<RunRow> found;
  Result<> done = transact([&](Tables& tables) -> Result<> {
    found = tables.list_runs(status, limit);
    return {};
  });
  if (!done) return fail(std::move(done.error()));
  return found;
}

Result<RunRow> Operator::find(const std::string& workflow_id) {
  std::optional<RunRow> found;
  Result<> done = transact([&](Tables& tables) -> Result<> {
    found = tables.current_run(workflow_id);
    return {};
  });
  if (!done) return fail(std::move(done.error()));
  if (!found) return fail(kind::not_found, "workflow not found for ID: " + workflow_id);
  return std::move(*found);
}

Result<std::vector<ActivityRow>> Operator::activities(const std::string& run_id) {
  std::vector<ActivityRow> found;
  Result<> done = transact([&](Tables& tables) -> Result<> {
    found = tables.activities(run_id);
    return {};
  });
  if (!done) return fail(std::move(done.error()));
  return found;
}

Result<std::vector<TimerRow>> Operator::timers(const std::string& run_id) {
  std::vector<TimerRow> found;
  Result<> done = transact([&](Tables& tables) -> Result<> {
    found = tables.timers(run_id);
    return {};
  });
  if (!done) return fail(std::move(done.error()));
  return found;
}

Result<std::vector<Event>> Operator::history(const std::string& run_id) {
  std::vector<Event> events;
  Result<> done = transact([&](Tables& tables) -> Result<> {
    for (const std::string& batch : tables.history(run_id, 1, -1)) {
      if (Result<> decoded = decode_events(batch, events); !decoded) return decoded;
    }
    return {};
  });
  if (!done) return fail(std::move(done.error()));
  return events;
}

// --- asking -----------------------------------------------------------------------------------------

Result<> Operator::ask(OperationRow operation) {
  if (owner_) {
    return transact([&](Tables& tables) {
      ScriptContext context;
      context.now_ns = clock_->wall_ns();
      context.new_run_id = [this] {
        Uuid::Bytes bytes;
        random_->secure_bytes(bytes.data(), bytes.size());
        return Uuid::v4(bytes).text();
      };
      return apply_operation(tables, operation, context);
    });
  }
  int64_t sequence = 0;
  Result<> left = transact([&](Tables& tables) -> Result<> {
    sequence = tables.insert_operation(operation);
    return {};
  });
  if (!left) return left;
  const int64_t until = clock_->monotonic_ns() + patience_.count();
  for (;;) {
    std::string outcome;
    Result<> looked = transact([&](Tables& tables) -> Result<> {
      outcome = tables.take_outcome(sequence);
      return {};
    });
    if (!looked) return looked;
    if (!outcome.empty()) {
      const Value chain = json::decode(outcome).value_or(Value());
      if (chain.find("errors") != nullptr) return fail(error_of_chain(chain));
      return {};
    }
    if (clock_->monotonic_ns() >= until) {
      return fail(kind::timeout,
                  "the runtime that has the workflow store does not answer; it may still do it");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

Result<> Operator::signal(const std::string& workflow_id, const lua::Message& message) {
  Result<InboundRow> inbound = signal_of(message);
  if (!inbound) return fail(std::move(inbound.error()));
  return ask({0, inbound->type, workflow_id, std::move(inbound->attributes)});
}

Result<> Operator::request_cancel(const std::string& workflow_id, const std::string& reason) {
  return ask({0, EventType::execution_cancel_requested, workflow_id, Object{{"cause", reason}}});
}

Result<> Operator::terminate(const std::string& workflow_id, const std::string& reason) {
  return ask({0, EventType::execution_terminated, workflow_id, Object{{"reason", reason}}});
}

}  // namespace trivium::units::workflows
