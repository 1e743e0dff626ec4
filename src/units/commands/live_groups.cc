#include "units/commands/groups.h"
#include "units/commands/reply.h"
#include "units/node.h"
#include "units/process.h"
#include "units/process_groups.h"

namespace trivium::units {
namespace {

std::shared_ptr<ProcessGroups> find(Process& process, const std::string& scope) {
  const std::shared_ptr<GroupScopes> scopes = process.node().service<GroupScopes>();
  return scopes ? scopes->find(scope) : nullptr;
}

lua::Dispatch gone(lua::Reply& reply) {
  return refuse(reply, Error::of(kind::unavailable, "pg: service stopped"));
}

}  // namespace

lua::Dispatch OpenGroups::perform(Process& process, lua::OpId, lua::Reply& reply) {
  const std::shared_ptr<ProcessGroups> groups = find(process, scope);
  if (groups && groups->running()) return answer(reply, Value(true));
  const std::shared_ptr<GroupScopes> scopes = process.node().service<GroupScopes>();
  if (!groups && scopes && scopes->known(scope))
    return refuse(reply, Error::of(kind::invalid, "resource is not a pg scope: " + scope));
  return refuse(reply, Error::of(kind::internal, "failed to acquire pg scope: " + scope +
                                                     (groups ? " is not running" : " not found")));
}

lua::Dispatch ChangeGroups::perform(Process& process, lua::OpId, lua::Reply& reply) {
  const std::shared_ptr<ProcessGroups> scope_groups = find(process, scope);
  if (!scope_groups) return gone(reply);
  return answer(
      reply, verb == Verb::join ? scope_groups->join(process, groups) : scope_groups->leave(process, groups));
}

lua::Dispatch QueryGroups::perform(Process& process, lua::OpId, lua::Reply& reply) {
  const std::shared_ptr<ProcessGroups> groups = find(process, scope);
  if (!groups) return answer(reply, Value(Array()));
  return answer(reply, Value(group.empty() ? groups->groups() : groups->members(group)));
}

lua::Dispatch BroadcastToGroup::perform(Process& process, lua::OpId, lua::Reply& reply) {
  const std::shared_ptr<ProcessGroups> groups = find(process, scope);
  if (!groups) return gone(reply);
  MemoryGuard& memory = process.node().memory();
  if (Result<> admitted = memory.admit_message(sizeof(Envelope), process.entry()); !admitted)
    return refuse(reply, std::move(admitted.error()));
  const Result<size_t> members = groups->broadcast(process, group, topic, values);
  if (!members) return refuse(reply, members.error());
  memory.count(*members * (values.bytes.size() + sizeof(Envelope)), process.entry());
  return answer(reply, Value(true));
}

lua::Dispatch MonitorGroups::perform(Process& process, lua::OpId op, lua::Reply& reply) {
  const std::shared_ptr<ProcessGroups> groups = find(process, scope);
  if (!groups) return gone(reply);
  const std::string changes = "@pg/" + std::to_string(op);
  append(reply.values, Value(changes));
  append(reply.values, Value(static_cast<int64_t>(groups->options().monitor_buffer)));
  append(reply.values, group.empty() ? Value(groups->monitor_all(process, changes))
                                     : Value(groups->monitor(process, changes, group)));
  return lua::Dispatch::done;
}

lua::Dispatch UnmonitorGroups::perform(Process& process, lua::OpId, lua::Reply& reply) {
  if (const std::shared_ptr<ProcessGroups> groups = find(process, scope)) groups->unmonitor(process, topic);
  return answer(reply, Value(true));
}

}  // namespace trivium::units
