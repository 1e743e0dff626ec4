#include "core/json.h"
#include "units/workflows/failure.h"
#include "units/workflows/store/scripts.h"

namespace trivium::units::workflows {
namespace {

Result<> retry(Tables& tables, const std::string& workflow_id, ScriptContext& context) {
  std::optional<RunRow> run = tables.current_run(workflow_id);
  if (!run) return fail(kind::not_found, "workflow not found for ID: " + workflow_id);
  if (run->status != RunStatus::running) {
    return fail(kind::not_found, "workflow execution already completed");
  }
  if (run->parked.empty()) return fail(kind::invalid, "workflow " + workflow_id + " is not parked");
  run->parked.clear();
  tables.update_run(*run);
  if (run->owner != context.owner) tables.wake(*run);
  context.changes.retried.push_back({run->run_id, run->owner});
  return {};
}

}  // namespace

namespace {

Result<> carry_out(Tables& tables, const OperationRow& operation, ScriptContext& context) {
  switch (operation.type) {
    case EventType::execution_signaled:
    case EventType::execution_cancel_requested: {
      InboundRow inbound;
      inbound.type = operation.type;
      inbound.attributes = operation.attributes;
      return post(tables, operation.workflow_id, "", "", std::move(inbound), context);
    }
    case EventType::execution_terminated:
      return close_from_outside(tables, operation.workflow_id, "", operation.type, operation.attributes,
                                context);
    case EventType::task_scheduled:
      return retry(tables, operation.workflow_id, context);
    case EventType::execution_options_updated:
      return change_code(tables, code_change_of(operation.workflow_id, operation.attributes), context);
    default:
      return fail(kind::invalid, "unknown operation");
  }
}

}  // namespace

Result<Object> apply_operation(Tables& tables, const OperationRow& operation, ScriptContext& context) {
  if (operation.type == EventType::update_admitted) {
    const Result<PostedUpdate> posted =
        post_update(tables, operation.workflow_id, update_of_admitted(operation.attributes), true, context);
    if (!posted) return fail(posted.error());
    return Object{{"run_id", posted->run_id}, {"answer_slot", posted->slot}};
  }
  Result<> done = carry_out(tables, operation, context);
  if (!done) return fail(std::move(done.error()));
  return Object();
}

void apply_operations(Tables& tables, ScriptContext& context) {
  for (const OperationRow& operation : tables.operations()) {
    if (operation.type == EventType::update_completed) continue;  // waits for an answer
    Result<Object> done = apply_operation(tables, operation, context);
    const Value outcome = done ? Value(std::move(*done)) : error_chain(done.error());
    tables.finish_operation(operation.sequence, json::encode(outcome).value_or("{}"));
  }
}

}  // namespace trivium::units::workflows
