#include "units/workflows/store/scripts.h"

namespace trivium::units::workflows {

Result<> post(Tables& tables, std::string_view workflow_id, std::string_view run_id,
              std::string_view request_id, InboundRow inbound, ScriptContext& context) {
  const std::optional<RunRow> run = tables.current_run(workflow_id);
  if (!run) return fail(kind::not_found, "workflow not found for ID: " + std::string(workflow_id));
  if (run->status != RunStatus::running || (!run_id.empty() && run->run_id != run_id)) {
    return fail(kind::not_found, "workflow execution already completed");
  }
  inbound.time_ns = context.now_ns;
  inbound.sequence = tables.insert_inbound(run->run_id, request_id, inbound);
  if (inbound.sequence == 0) return {};
  if (run->owner != context.owner) tables.wake(*run);
  context.changes.posted.push_back({run->run_id, run->owner, !run->parked.empty(), std::move(inbound)});
  return {};
}

}  // namespace trivium::units::workflows
