#include "units/commands/call.h"
#include "units/commands/reply.h"
#include "units/node.h"
#include "units/process.h"

namespace trivium::units {

FrameRef overlay(const FrameRef& base, const CallSettings& settings) {
  if (!settings.values && !settings.actor && !settings.policies) return base;
  auto frame = std::make_shared<Frame>(base ? *base : Frame());
  if (settings.values) {
    for (const auto& [key, value] : *settings.values) frame->values.set(key, value);
  }
  if (settings.actor) frame->actor = settings.actor;
  if (settings.policies) frame->policies = settings.policies;
  return frame;
}

namespace {

// A process with a default host, called like a function. It is not part of the caller's tree: when the caller
// goes it is asked to stop.
lua::Dispatch call_process(Process& caller, lua::OpId op, const EntryId& host_id, CallFunction& command,
                           lua::Reply& reply) {
  Node& node = caller.node();
  const auto start_failure = [&](const std::string& cause) {
    return refuse(reply, Error::of(kind::internal, "failed to start process: " + cause));
  };
  const auto host = std::dynamic_pointer_cast<ProcessHost>(node.host(host_id.text()));
  if (!host) return start_failure("host not found");
  SpawnRequest request;
  request.id = command.target;
  request.arguments = std::move(command.arguments);
  request.frame = overlay(caller.context(), command.settings);
  request.on_exit = [waiter = sched::Ref<Process>(&caller), op](Process&, Exit& exit) {
    waiter->post_reply(op, {std::move(exit.error), std::move(exit.values)});
  };
  Result<std::string> pid = host->spawn(std::move(request));
  if (!pid) return start_failure(pid.error().message);
  caller.at_end(op, [&node, pid = *pid, from = caller.pid_text()] {
    if (const sched::Ref<Process> called = node.local(pid)) {
      called->post_event("pid.cancel", from, {{"reason", "caller context canceled"}});
    }
  });
  return lua::Dispatch::pending;
}

}  // namespace

lua::Dispatch CallFunction::perform(Process& process, lua::OpId op, lua::Reply& reply) {
  Node& node = process.node();
  if (!node.functions().find(target)) {
    const app::LuaEntry* entry = node.programs().entry(target);
    if (entry != nullptr && entry->default_host)
      return call_process(process, op, *entry->default_host, *this, reply);
  }
  CallRequest request;
  request.target = target;
  request.arguments = std::move(arguments);
  request.frame = overlay(process.context(), settings);
  request.scope = process.scope();
  request.on_exit = [caller = sched::Ref<Process>(&process), op](Exit& exit) {
    caller->post_reply(op, {std::move(exit.error), std::move(exit.values)});
  };
  auto call = node.functions().call(std::move(request), settings.options);
  if (call) return lua::Dispatch::pending;
  // Failures of the start reach an async caller through its future, like those of the callee.
  return refuse(reply, std::move(call.error()));
}

// The callee runs to its end; the isolate has forgotten the operation already.
lua::Dispatch CancelCall::perform(Process&, lua::OpId, lua::Reply& reply) {
  return answer(reply, Value(true));
}

}  // namespace trivium::units
