#include "core/json.h"
#include "units/workflows/failure.h"
#include "units/workflows/store/scripts.h"

namespace trivium::units::workflows {

Result<PostedUpdate> post_update(Tables& tables, const std::string& workflow_id, UpdateRequest update,
                                 bool outside, ScriptContext& context) {
  const std::optional<RunRow> run = tables.current_run(workflow_id);
  if (!run) return fail(kind::not_found, "workflow not found for ID: " + workflow_id);
  if (run->status != RunStatus::running) return fail(kind::not_found, "workflow execution already completed");
  PostedUpdate posted{run->run_id, 0};
  if (outside || run->owner != context.owner) {
    update.slot = posted.slot =
        tables.insert_operation({0, EventType::update_completed, workflow_id,
                                 Object{{"update_id", update.id}, {"run_id", run->run_id}}});
  }
  InboundRow inbound;
  inbound.type = EventType::update_admitted;
  inbound.attributes = admitted_attributes(update);
  Result<> done = post(tables, workflow_id, run->run_id, "", std::move(inbound), context);
  if (!done) return fail(std::move(done.error()));
  return posted;
}

void answer_update(Tables& tables, UpdateAnswer answer, ScriptContext& context) {
  if (answer.slot != 0) {
    tables.finish_operation(answer.slot, json::encode(answer.outcome).value_or("{}"));
    tables.announce_end();
  }
  context.changes.answered.push_back(std::move(answer));
}

std::optional<lua::Reply> take_answer(Tables& tables, int64_t slot, const std::string& run_id) {
  std::string outcome = tables.take_outcome(slot);
  if (outcome.empty()) {
    const std::optional<RunRow> run = tables.run(run_id);
    if (run && run->status == RunStatus::running) return std::nullopt;
    tables.finish_operation(slot, "{}");
    (void)tables.take_outcome(slot);
    return lua::Reply::failure(ended_before_answer());
  }
  const Value decoded = json::decode(outcome).value_or(Value());
  return reply_of_outcome(decoded.is_object() ? decoded.as_object() : Object());
}

Error ended_before_answer() {
  return Error::of(kind::canceled, "the workflow ended before it answered the update");
}

Result<> refuse_update(Tables& tables, const UpdateRefusal& refusal, ScriptContext& context) {
  const std::optional<RunRow> run = tables.run(refusal.run_id);
  if (!run || run->status != RunStatus::running || run->fence != refusal.fence) {
    return fail(kind::conflict, "the run was changed meanwhile");
  }
  tables.delete_inbound(refusal.run_id, refusal.inbound);
  answer_update(tables, refusal.answer, context);
  return {};
}

}  // namespace trivium::units::workflows
