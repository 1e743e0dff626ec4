#include "cli/control/verbs.h"
#include "units/process_host.h"

namespace trivium::cli {
namespace {

constexpr int64_t most_workers = 4096;

Result<Value> rescale(const ControlContext& context, const Object& arguments) {
  const Value* id = arguments.find("host");
  const Value* workers = arguments.find("workers");
  if (id == nullptr || !id->is_string()) return fail(kind::invalid, "host must be the id of a process.host");
  if (workers == nullptr || !workers->is_int() || workers->as_int() < 1 || workers->as_int() > most_workers) {
    return fail(kind::invalid, "workers must be an integer from 1 to " + std::to_string(most_workers));
  }
  const auto host = std::dynamic_pointer_cast<units::ProcessHost>(context.node.host(id->as_string()));
  if (!host) return fail(kind::not_found, "there is no process host " + id->as_string());
  if (host->terminal())
    return fail(kind::invalid, id->as_string() + " is a terminal host, it has one worker");
  host->set_workers(static_cast<size_t>(workers->as_int()));
  const size_t threads = context.node.fit_threads();
  return Value(Object{{"host", *id}, {"workers", *workers}, {"threads", static_cast<int64_t>(threads)}});
}

}  // namespace

void control_host_workers(const ControlContext& context, const Object& arguments, const ControlReply& reply) {
  reply(rescale(context, arguments));
}

}  // namespace trivium::cli
