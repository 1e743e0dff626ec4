#include "units/commands/events.h"
#include "units/commands/reply.h"
#include "units/node.h"
#include "units/process.h"

namespace trivium::units {

lua::Dispatch SubscribeEvents::perform(Process& process, lua::OpId op, lua::Reply& reply) {
  const std::string topic = "@events/" + std::to_string(op);
  process.node().events().subscribe(process, topic, std::move(system), std::move(kind));
  return answer(reply, Value(topic));
}

lua::Dispatch UnsubscribeEvents::perform(Process& process, lua::OpId, lua::Reply& reply) {
  process.node().events().unsubscribe(process, topic);
  return answer(reply, Value(true));
}

lua::Dispatch SendEvent::perform(Process& process, lua::OpId, lua::Reply& reply) {
  MemoryGuard& memory = process.node().memory();
  if (Result<> admitted = memory.admit_message(sizeof(Envelope), process.entry()); !admitted)
    return refuse(reply, std::move(admitted.error()));
  memory.count(process.node().events().publish(system, kind, path, std::move(data)), process.entry());
  return answer(reply, Value(true));
}

}  // namespace trivium::units
