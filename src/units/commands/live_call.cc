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
  constexpr size_t about_a_call = 2 << 10;
  if (Result<> admitted =
          process.node().memory().admit_message(about_a_call + arguments.bytes.size(), process.entry());
      !admitted)
    return refuse(reply, std::move(admitted.error()));
  std::optional<Exit> at_once;
  CallRequest request;
  request.target = std::move(target);
  request.arguments = std::move(arguments);
  request.frame = overlay(process.context(), settings);
  request.scope = process.scope();
  request.caller = &process;
  request.op = op;
  // A caller that would only wait has the function run within its own slice.
  if (!async && !process.isolate().has_runnable()) request.at_once = &at_once;
  auto call = process.node().functions().call(std::move(request), settings.options);
  // Failures of the start reach an async caller through its future, like those of the callee.
  if (!call) return refuse(reply, std::move(call.error()));
  // Nothing more of a caller runs that was ended meanwhile, perhaps by the function.
  if (!at_once || process.kill_requested()) return lua::Dispatch::pending;
  reply = {std::move(at_once->error), std::move(at_once->values)};
  return lua::Dispatch::done;
}

// The callee runs to its end; the isolate has forgotten the operation already.
lua::Dispatch CancelCall::perform(Process&, lua::OpId, lua::Reply& reply) {
  return answer(reply, Value(true));
}

}  // namespace trivium::units
