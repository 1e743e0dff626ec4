#include <unistd.h>

#include <filesystem>

#include "cli/control/verbs.h"
#include "cli/version.h"

namespace trivium::cli {

void control_status(const ControlContext& context, const Object&, const ControlReply& reply) {
  std::error_code ignored;
  units::Node& node = context.node;
  reply(Object{{"version", std::string(version())},
               {"pid", static_cast<int64_t>(::getpid())},
               {"directory", std::filesystem::current_path(ignored).string()},
               {"age_ms", (node.clock().monotonic_ns() - node.started_ns()) / 1'000'000},
               {"processes", static_cast<int64_t>(node.processes().size())},
               {"threads", static_cast<int64_t>(node.scheduler().worker_count())}});
}

}  // namespace trivium::cli
