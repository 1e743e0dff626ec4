#include "units/commands/processes.h"
#include "units/commands/reply.h"
#include "units/destination.h"
#include "units/node.h"
#include "units/pid.h"
#include "units/process.h"
#include "units/workflow_gateway.h"

namespace trivium::units {
namespace {

constexpr std::string_view invalid_state = "InvalidState";  // a kind of error

Error not_found(std::string message) { return Error::of(kind::not_found, std::move(message)); }

Error no_host(const std::string& id) {
  Error error = not_found("host not found");
  error.details = Object{{"host_id", id}};
  return error;
}

Error denied(std::string_view verb, std::string_view destination) {
  return Error::of(kind::permission_denied,
                   "not allowed to " + std::string(verb) + ": " + std::string(destination));
}

// Operations on processes other than send report everything as Internal.
Error internal(const Error& error) { return Error::of(kind::internal, error.message); }

}  // namespace

const char* verb_name(Control::Verb verb) {
  static constexpr const char* names[] = {"cancel", "terminate", "monitor", "unmonitor", "link", "unlink"};
  return names[static_cast<size_t>(verb)];
}

std::unique_ptr<lua::Command> Send::detach() {
  auto owner = std::make_unique<Send>(std::move(*this));
  owner->own_.reserve(destination.size() + topic.size());
  owner->own_.append(destination).append(topic);
  owner->destination = std::string_view(owner->own_).substr(0, destination.size());
  owner->topic = std::string_view(owner->own_).substr(destination.size());
  return owner;
}

lua::Dispatch Send::perform(Process& process, lua::OpId op, lua::Reply& reply) {
  Node& node = process.node();
  std::string owner;
  std::string_view pid = destination;
  if (!destination.starts_with('{') || !looks_like_pid(destination)) {
    Result<std::string> resolved = node.resolve(std::string(destination));
    if (!resolved) return refuse(reply, std::move(resolved.error()));
    owner = std::move(*resolved);
    pid = owner;
  }
  if (!process.allows("process.send", pid)) return refuse(reply, denied("send", destination));
  if (Process* const target = process.correspondent(pid)) {
    if (target->process_host() != nullptr && target->process_host()->stopping()) {
      return refuse(reply, Error::of(kind::unavailable, "host is shutting down"));
    }
    const size_t bytes = values.bytes.size() + sizeof(Envelope);
    if (!node.memory().has_room_for(bytes, process.entry()))
      return refuse(reply, MemoryGuard::message_refused());
    if (target->post(lua::Message{std::string(topic), process.shared_pid(), std::move(values)})) {
      return answer_true(reply);
    }
    // It was there a moment ago.
    return refuse(reply, Error::of(invalid_state, "process closed"));
  }
  const std::shared_ptr<SpawnTarget> host = host_of(node, pid);
  if (!host) return refuse(reply, not_found(std::string(who_is_missing(pid))));
  destination = pid;
  return host->send(process, op, *this, reply);
}

lua::Dispatch Spawn::perform(Process& process, lua::OpId op, lua::Reply& reply) {
  Node& node = process.node();
  const std::shared_ptr<SpawnTarget> target = node.host(host);
  if (!target && node.programs().entry(host) != nullptr) {
    return refuse(reply, Error::of(kind::internal, "host does not implement process.Host"));
  }
  if (!target) return refuse(reply, no_host(host));
  for (lua::Message& message : messages) message.from.clear();
  return target->spawn(process, op, *this, reply);
}

lua::Dispatch Exec::perform(Process& process, lua::OpId op, lua::Reply& reply) {
  const std::shared_ptr<SpawnTarget> target = process.node().host(host);
  if (!target) return refuse(reply, Error::of(kind::internal, "exec failed: host not found"));
  return target->exec(process, op, *this, reply);
}

lua::Dispatch Control::perform(Process& process, lua::OpId op, lua::Reply& reply) {
  Node& node = process.node();
  Result<std::string> pid = node.resolve(destination);
  if (!pid) return refuse(reply, std::move(pid.error()));
  if (!process.allows(std::string("process.") + verb_name(verb), *pid))
    return refuse(reply, denied(verb_name(verb), destination));
  const sched::Ref<Process> target = node.local(*pid);
  if (!target) {
    const std::shared_ptr<SpawnTarget> host = host_of(node, *pid);
    if (host) {
      destination = std::move(*pid);
      return host->control(process, op, *this, reply);
    }
    if (verb == Verb::unmonitor || verb == Verb::unlink) return answer(reply, Value(true));
    const std::string_view missing = verb == Verb::link ? "pid not registered" : who_is_missing(*pid);
    return refuse(reply, Error::of(kind::internal, std::string(missing)));
  }
  Result<> done;
  switch (verb) {
    case Verb::cancel:
      if (!target->post_event("pid.cancel", process.pid_text(), {{"reason", reason}})) {
        done = fail(kind::internal, "process not found");
      }
      break;
    case Verb::terminate:
      if (target->is_call()) {
        done = fail(kind::internal, "host does not implement process.Host");
      } else if (target->process_host() == nullptr || !target->process_host()->terminal()) {
        target->kill(Error::unspecified(kind::internal, "process terminated"));
        // Of oneself it does not return, and nothing else of it runs.
        if (target.get() == &process) {
          process.isolate().interrupt_now();
          return lua::Dispatch::pending;
        }
      }
      break;
    case Verb::monitor:
      done = target->add_watcher(process);
      break;
    case Verb::unmonitor:
      target->remove_watcher(process);
      break;
    case Verb::link:
      done = Process::link(process, *target);
      break;
    case Verb::unlink:
      Process::unlink(process, *target);
      break;
  }
  if (!done) return refuse(reply, internal(done.error()));
  return answer(reply, Value(true));
}

Result<Value> carry_out(Node& node, NameOperation::Verb verb, const std::string& name,
                        const std::string& pid) {
  switch (verb) {
    case NameOperation::Verb::register_name:
      // First, so that an end that comes meanwhile does not overlook the name.
      if (const sched::Ref<Process> owner = node.local(pid)) owner->note_name();
      if (node.names().insert(name, pid) == Names::Registered::taken) {
        return fail(kind::already_exists, "name already registered");
      }
      return Value(true);
    case NameOperation::Verb::lookup: {
      std::optional<std::string> owner = node.names().find(name);
      if (!owner) return fail(kind::not_found, "name not registered");
      return Value(std::move(*owner));
    }
    case NameOperation::Verb::unregister:
      break;
  }
  return Value(node.names().erase(name));
}

lua::Dispatch NameOperation::perform(Process& process, lua::OpId, lua::Reply& reply) {
  return answer(reply, carry_out(process.node(), verb, name, pid.empty() ? process.pid_text() : pid));
}

lua::Dispatch Upgrade::perform(Process& process, lua::OpId, lua::Reply&) {
  process.request_upgrade(std::move(id), std::move(arguments));
  return lua::Dispatch::pending;
}

}  // namespace trivium::units
