#include "units/commands/reply.h"
#include "units/commands/workflow.h"
#include "units/node.h"
#include "units/process.h"
#include "units/workflow_gateway.h"

namespace trivium::units {

lua::Dispatch ExecuteWorkflow::perform(Process& process, lua::OpId op, lua::Reply& reply) {
  const std::shared_ptr<WorkflowGateway> gateway = process.node().service<WorkflowGateway>();
  if (!gateway)
    return refuse(reply, Error::of(kind::unavailable, "workflows are not available in this runtime"));
  return gateway->execute(process, op, *this, reply);
}

lua::Dispatch ExecChild::perform(Process&, lua::OpId, lua::Reply& reply) {
  return refuse(reply, Error::of(kind::invalid, "workflow.exec outside workflow context not yet supported"));
}

lua::Dispatch WorkflowInfo::perform(Process&, lua::OpId, lua::Reply& reply) {
  return answer(reply, field == Field::all ? Value() : Value(0));
}

lua::Dispatch WorkflowVersion::perform(Process&, lua::OpId, lua::Reply& reply) {
  return answer(reply, Value(max));
}

lua::Dispatch WorkflowAttributes::perform(Process&, lua::OpId, lua::Reply& reply) {
  return refuse(reply, Error::of(kind::invalid, "workflow.attrs only available in workflow context"));
}

lua::Dispatch HandleQuery::perform(Process&, lua::OpId, lua::Reply& reply) {
  return refuse(reply, Error::of(kind::invalid, "workflow.on_query only available in workflow context"));
}

lua::Dispatch HandleUpdate::perform(Process&, lua::OpId, lua::Reply& reply) {
  return refuse(reply, Error::of(kind::invalid, "workflow.on_update only available in workflow context"));
}

lua::Dispatch UpdateWorkflow::perform(Process& process, lua::OpId op, lua::Reply& reply) {
  const std::shared_ptr<WorkflowGateway> gateway = process.node().service<WorkflowGateway>();
  if (!gateway)
    return refuse(reply, Error::of(kind::unavailable, "workflows are not available in this runtime"));
  return gateway->update(process, op, *this, reply);
}

lua::Dispatch QueryWorkflow::perform(Process& process, lua::OpId op, lua::Reply& reply) {
  const std::shared_ptr<WorkflowGateway> gateway = process.node().service<WorkflowGateway>();
  if (!gateway)
    return refuse(reply, Error::of(kind::unavailable, "workflows are not available in this runtime"));
  return gateway->query(process, op, *this, reply);
}

}  // namespace trivium::units
