#include "core/json.h"
#include "units/workflows/failure.h"
#include "units/workflows/store/scripts.h"

namespace trivium::units::workflows {

Result<> apply_operation(Tables& tables, const OperationRow& operation, ScriptContext& context) {
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
    default:
      return fail(kind::invalid, "unknown operation");
  }
}

void apply_operations(Tables& tables, ScriptContext& context) {
  for (const OperationRow& operation : tables.operations()) {
    const Result<> done = apply_operation(tables, operation, context);
    const Value outcome = done ? Value(Object()) : error_chain(done.error());
    tables.finish_operation(operation.sequence, json::encode(outcome).value_or("{}"));
  }
}

}  // namespace trivium::units::workflows
