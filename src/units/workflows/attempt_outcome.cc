#include "units/workflows/attempt_outcome.h"

#include "units/workflows/failure.h"
#include "units/workflows/payload.h"

namespace trivium::units::workflows {

Object attempt_outcome(const lua::Reply& reply) {
  if (reply.error) {
    Object outcome{{"failure", failure_of(*reply.error)}};
    if (reply.error->kind == kind::canceled) outcome.set("canceled", true);
    return outcome;
  }
  Result<Value> result = result_payload(reply.values);
  if (!result) return Object{{"failure", failure_of(result.error())}};
  return Object{{"result", Array{std::move(*result)}}};
}

Object unknown_function(const std::string& id, const std::vector<std::string>& known) {
  std::string all;
  for (const std::string& name : known) all += (all.empty() ? "" : ", ") + name;
  const std::string message = "unable to find activityType=" + id + ". Supported types: [" + all + "]";
  return Object{{"failure", application_failure("ActivityNotRegisteredError", message, false)}};
}

void tell_unknown_function(const Log& log, const std::string& workflow_id, const std::string& id) {
  log.warn("a workflow calls a function that is not there; its retry policy says how often that is tried",
           {{"workflow", workflow_id}, {"function", id}});
}

}  // namespace trivium::units::workflows
