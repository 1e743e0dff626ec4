#include <utility>

#include "cli/control/verbs.h"

namespace trivium::cli {

// Reads files and compiles, which is not for the thread of the I/O loop.
void control_reload(const ControlContext& context, const Object&, const ControlReply& reply) {
  const auto answer = std::make_shared<ControlReply>(reply);
  const bool taken =
      context.node.blocking().submit([reload = context.reload, answer] { (*answer)(reload()); });
  if (!taken) (*answer)(fail(kind::unavailable, "the runtime is shutting down"));
}

}  // namespace trivium::cli
