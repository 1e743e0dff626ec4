#include "units/destination.h"

#include <optional>

#include "units/node.h"
#include "units/pid.h"
#include "units/process_host.h"
#include "units/workflow_gateway.h"

namespace trivium::units {

std::shared_ptr<SpawnTarget> host_of(Node& node, std::string_view pid) {
  const std::optional<PidText> parts = parse_pid(pid);
  if (!parts) return nullptr;
  if (parts->node.empty()) return node.host(parts->host);
  const std::shared_ptr<WorkflowGateway> workflows = node.service<WorkflowGateway>();
  return workflows ? workflows->peer(parts->node, parts->host) : nullptr;
}

std::string_view who_is_missing(std::string_view pid) {
  const std::optional<PidText> parts = parse_pid(pid);
  if (parts && !parts->node.empty()) return "node not found";
  // Hosts of function calls exist only while the entry does.
  return pid.find("#lua.") != std::string_view::npos ? "process not found" : "host not found";
}

}  // namespace trivium::units
