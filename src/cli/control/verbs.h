// What a running application can be asked through its control socket. To add a verb: write a handler in a
// file of its own under verbs/, declare it below, and list it in verbs.cc.
#pragma once

#include <functional>
#include <span>
#include <string_view>

#include "app/registry.h"
#include "cli/control/protocol.h"
#include "core/error.h"
#include "units/node.h"
#include "units/supervisor/supervisor.h"

namespace trivium::cli {

// What handlers may look at. All of it is thread-safe and outlives the server.
struct ControlContext {
  units::Node& node;
  units::Supervisor& services;
  const app::Registry& registry;
  // Reads the application again and takes over what changed in it; blocks.
  std::function<Result<Value>()> reload;
};

// Called once, from any thread, now or later.
using ControlReply = std::function<void(Result<Value>)>;

// Runs on the thread of the I/O loop: whatever takes long goes elsewhere (node.blocking()) and replies from
// there.
using ControlHandler = void (*)(const ControlContext& context, const Object& arguments,
                                const ControlReply& reply);

struct ControlVerb {
  std::string_view name;
  ControlHandler handle;
};

std::span<const ControlVerb> control_verbs();

// By the verb's handler. NotFound: there is no such verb.
void answer_control(const ControlContext& context, const ControlRequest& request, const ControlReply& reply);

// {}: what runs here: version, pid, directory, for how long.
void control_status(const ControlContext& context, const Object& arguments, const ControlReply& reply);
// {}: hosts, processes, functions.
void control_ps(const ControlContext& context, const Object& arguments, const ControlReply& reply);
// {}: services, and supervisors with all that is below them.
void control_tree(const ControlContext& context, const Object& arguments, const ControlReply& reply);
// {}: takes over what changed in the application's files, or says why it cannot.
void control_reload(const ControlContext& context, const Object& arguments, const ControlReply& reply);
// {host, workers}: how many processes of a host may run at the same moment from now on.
void control_host_workers(const ControlContext& context, const Object& arguments, const ControlReply& reply);

}  // namespace trivium::cli
