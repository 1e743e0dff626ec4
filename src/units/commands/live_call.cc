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

lua::Dispatch CallFunction::perform(Process& process, lua::OpId op, lua::Reply& reply) {
  Node& node = process.node();
  constexpr size_t about_a_call = 2 << 10;
  if (Result<> admitted = node.memory().admit_message(about_a_call + arguments.bytes.size(), process.entry());
      !admitted)
    return refuse(reply, std::move(admitted.error()));
  CallRequest request;
  request.target = target;
  request.arguments = std::move(arguments);
  request.frame = overlay(process.context(), settings);
  request.scope = process.scope();
  request.caller = &process;
  request.caller_pid = process.pid_text();
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
