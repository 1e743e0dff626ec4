#include "units/commands/reply.h"
#include "units/commands/supervision.h"
#include "units/node.h"
#include "units/process.h"
#include "units/supervision/child_request.h"
#include "units/supervision/live_supervisor.h"
#include "units/supervision/supervisors.h"

namespace trivium::units {
namespace {

Result<std::shared_ptr<LiveSupervisor>> find(Process& process, const std::string& address) {
  const auto directory = process.node().service<Supervisors>();
  if (!directory) return fail(kind::unavailable, "supervisors are not available in this runtime");
  return directory->find(address);
}

// Passes what comes, from any thread, on to the operation.
template <class T>
std::function<void(Result<T>)> reply_to(Process& process, lua::OpId op) {
  return [waiter = sched::Ref<Process>(&process), op](Result<T> result) {
    lua::Reply reply;
    answer(reply, std::move(result));
    waiter->post_reply(op, std::move(reply));
  };
}

Object shown(const ChildInfo& child) {
  Object row{{"id", child.id},
             {"type", child.supervisor.empty() ? "worker" : "supervisor"},
             {"state", std::string(child.state)},
             {"restart", std::string(name_of(child.restart))},
             {"restarts", child.restarts}};
  if (!child.process.empty()) row.set("process", child.process);
  if (!child.supervisor.empty()) row.set("supervisor", child.supervisor);
  if (!child.host.empty()) row.set("host", child.host);
  if (!child.pid.empty()) row.set("pid", child.pid);
  if (!child.last_error.empty()) row.set("error", child.last_error);
  return row;
}

Value counted(const SupervisorInfo& info) {
  int64_t active = 0;
  int64_t supervisors = 0;
  for (const ChildInfo& child : info.children) {
    const bool supervisor = !child.supervisor.empty();
    if (supervisor) ++supervisors;
    if (supervisor ? child.below != nullptr : !child.pid.empty()) ++active;
  }
  const auto all = static_cast<int64_t>(info.children.size());
  return Object{
      {"specs", all}, {"active", active}, {"supervisors", supervisors}, {"workers", all - supervisors}};
}

}  // namespace

lua::Dispatch StartChild::perform(Process& process, lua::OpId op, lua::Reply& reply) {
  const auto live = find(process, supervisor);
  if (!live) return refuse(reply, live.error());
  Result<ChildSpec> child = read_child_request(fields, (*live)->spec());
  if (!child) return refuse(reply, std::move(child.error()));
  constexpr size_t about_a_process = 16 << 10;
  if (Result<> admitted = process.node().memory().admit_process(about_a_process, process.entry()); !admitted)
    return refuse(reply, std::move(admitted.error()));
  (*live)->start_child(std::move(*child), reply_to<std::string>(process, op));
  return lua::Dispatch::pending;
}

lua::Dispatch ControlChild::perform(Process& process, lua::OpId op, lua::Reply& reply) {
  const auto live = find(process, supervisor);
  if (!live) return refuse(reply, live.error());
  if (verb == Verb::terminate) {
    (*live)->terminate_child(std::move(child), reply_to<void>(process, op));
  } else {
    (*live)->restart_child(std::move(child), reply_to<std::string>(process, op));
  }
  return lua::Dispatch::pending;
}

lua::Dispatch ListChildren::perform(Process& process, lua::OpId op, lua::Reply& reply) {
  const auto live = find(process, supervisor);
  if (!live) return refuse(reply, live.error());
  (*live)->describe([waiter = sched::Ref<Process>(&process), op, count = count](const SupervisorInfo& info) {
    Array children;
    children.reserve(info.children.size());
    for (const ChildInfo& child : info.children) children.emplace_back(shown(child));
    waiter->post_reply(op, lua::Reply::of(count ? counted(info) : Value(std::move(children))));
  });
  return lua::Dispatch::pending;
}

}  // namespace trivium::units
