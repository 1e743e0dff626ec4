#include "cli/control/verbs.h"

namespace trivium::cli {
namespace {

constexpr ControlVerb verbs[] = {
    {"status", control_status},
    {"ps", control_ps},
    {"tree", control_tree},
    {"reload", control_reload},
    {"host.workers", control_host_workers},
};

}  // namespace

std::span<const ControlVerb> control_verbs() { return verbs; }

void answer_control(const ControlContext& context, const ControlRequest& request, const ControlReply& reply) {
  std::string known;
  for (const ControlVerb& verb : verbs) {
    if (verb.name == request.verb) return verb.handle(context, request.arguments, reply);
    known += (known.empty() ? "" : ", ") + std::string(verb.name);
  }
  reply(fail(kind::not_found, "there is no verb " + request.verb + "; there are " + known));
}

}  // namespace trivium::cli
