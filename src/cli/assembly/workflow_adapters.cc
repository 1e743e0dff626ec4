#include "cli/assembly/workflow_adapters.h"

#include <algorithm>

#include "app/meta.h"
#include "cli/assembly/entries.h"
#include "core/digest.h"
#include "units/commands/reply.h"
#include "units/destination.h"
#include "units/pid.h"

namespace trivium::cli {

using units::Control;
using units::Process;
using units::workflows::StartRequest;
using units::workflows::WorkflowCode;
using units::workflows::WorkflowEnd;

// --- programs ---------------------------------------------------------------------------------------

EntryPrograms::EntryPrograms(const units::Programs& programs, const app::SnapshotPtr& entries,
                             const std::string& worker, bool takes_all, const std::string& unbound)
    : modules_(programs.modules()) {
  const auto take = [&](const app::Entry& entry) {
    const std::string id = entry.id.text();
    const auto program = programs.find(id);
    const std::string& type = type_of_entry_[id];
    if (!program || code_of_type_.contains(type)) return;
    std::shared_ptr<const std::string> source = programs.source(id);
    std::string hash = hex(digest(Digest::sha256, *source).value_or(*source));
    code_of_type_[type] = {*program, id, std::move(hash), std::move(source), code_policy(entry)};
  };
  std::vector<const app::Entry*> others;
  for (const app::Entry* entry : entries->of_kind("workflow.lua")) {
    const std::string id = entry->id.text();
    type_of_entry_[id] = workflow_type(*entry);
    const std::optional<EntryId> bound = app::workflow_worker(*entry);
    std::string bound_to = bound ? bound->text() : unbound;
    if (bound_to == worker) {
      take(*entry);
    } else {
      others.push_back(entry);
      other_workers_[id] = std::move(bound_to);
    }
  }
  if (!takes_all) return;
  for (const app::Entry* entry : others) take(*entry);  // where they leave a name free
}

Result<WorkflowCode> EntryPrograms::compile(const std::string& hash, std::string source) const {
  const Result<units::ProgramSource> read = units::decode_program_source(source);
  if (!read) return fail(read.error());
  Result<lua::ProgramRef> program = units::compile_workflow(*read, modules_);
  if (!program) return fail(std::move(program.error()));
  return WorkflowCode{std::move(*program), read->main.id, hash,
                      std::make_shared<const std::string>(std::move(source))};
}

std::optional<WorkflowCode> EntryPrograms::find(const std::string& type) const {
  const auto code = code_of_type_.find(type);
  if (code == code_of_type_.end()) return std::nullopt;
  return code->second;
}

std::vector<std::string> EntryPrograms::types() const {
  std::vector<std::string> types;
  for (const auto& [type, code] : code_of_type_) types.push_back(type);
  std::sort(types.begin(), types.end());
  return types;
}

std::string EntryPrograms::type_of(const std::string& entry_id) const {
  const auto at = type_of_entry_.find(entry_id);
  return at == type_of_entry_.end() ? entry_id : at->second;
}

std::optional<std::string> EntryPrograms::other_worker(const std::string& entry_id) const {
  const auto at = other_workers_.find(entry_id);
  return at == other_workers_.end() ? std::nullopt : std::optional(at->second);
}

// --- activities -------------------------------------------------------------------------------------

namespace {

// A process that can be called like a function; null otherwise.
units::LuaEntryRef callable_process(units::Node& node, const std::string& id) {
  units::LuaEntryRef entry = node.programs().entry(id);
  return entry != nullptr && entry->default_host ? entry : nullptr;
}

class CallAttempt final : public units::workflows::ActivityFunctions::Attempt {
 public:
  explicit CallAttempt(std::shared_ptr<units::CallScope> scope) : scope_(std::move(scope)) {}
  void cancel() override { scope_->cancel(); }

 private:
  const std::shared_ptr<units::CallScope> scope_;
};

}  // namespace

bool FunctionActivities::exists(const std::string& id) const {
  if (node_.functions().find(id) != nullptr) return true;
  // Without a default host nothing calls a process, and the call says so: to wait for one is no use.
  const units::LuaEntryRef entry = node_.programs().entry(id);
  return entry != nullptr && entry->kind == app::LuaKind::process;
}

std::vector<std::string> FunctionActivities::ids() const {
  std::vector<std::string> ids;
  for (const units::LuaEntryRef& entry : node_.programs().entries()) {
    if (entry->kind == app::LuaKind::function || entry->default_host) ids.push_back(entry->id.text());
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

Object FunctionActivities::options(const std::string& id) const {
  if (const auto pool = node_.functions().find(id)) {
    return pool->call_options() ? *pool->call_options() : Object();
  }
  const units::LuaEntryRef process = callable_process(node_, id);
  return process != nullptr && process->options.is_object() ? process->options.as_object() : Object();
}

std::unique_ptr<FunctionActivities::Attempt> FunctionActivities::call(
    const std::string& id, Values arguments, FrameRef frame, std::shared_ptr<units::ActivityContext> activity,
    Done done) {
  const auto scope = std::make_shared<units::CallScope>();
  units::CallRequest request;
  request.target = id;
  request.arguments = std::move(arguments);
  request.frame = std::move(frame);
  request.scope = scope;
  request.activity = std::move(activity);
  request.on_exit = [done, scope](units::Exit& exit) {
    done({std::move(exit.error), std::move(exit.values)});
    scope->cancel();  // what it left running
  };
  if (auto call = node_.functions().call(std::move(request), {}); !call) {
    done(lua::Reply::failure(std::move(call.error())));
  }
  return std::make_unique<CallAttempt>(scope);
}

// --- processes --------------------------------------------------------------------------------------

Result<std::string> NodeProcesses::resolve(const std::string& name) const { return node_.resolve(name); }

Result<> NodeProcesses::routable(const std::string& pid) const {
  if (node_.local(pid)) return {};
  const std::shared_ptr<units::SpawnTarget> host = units::host_of(node_, pid);
  if (!host) return fail(kind::not_found, std::string(units::who_is_missing(pid)));
  return host->takes_messages(pid);
}

void NodeProcesses::deliver(const std::string& pid, lua::Message message) {
  if (const sched::Ref<Process> process = node_.local(pid)) {
    process->post(std::move(message));
  } else if (const std::shared_ptr<units::SpawnTarget> host = units::host_of(node_, pid)) {
    host->leave(pid, std::move(message));
  }
}

Result<Value> NodeProcesses::name_operation(units::NameOperation::Verb verb, const std::string& name,
                                            const std::string& pid) {
  return units::carry_out(node_, verb, name, pid);
}

// --- the worker as a host ---------------------------------------------------------------------------

namespace {

// Ties a watch to the life of the process that waits for it. The service may answer before the id of
// the watch is known.
void unwatch_at_end(Process& waiter, lua::OpId op, const std::shared_ptr<units::workflows::Service>& service,
                    units::workflows::Service::WatchId id) {
  waiter.at_end(op, [service, id] { service->unwatch(id); });
}

std::function<void(Result<>)> reply_true(Process& caller, lua::OpId op, std::string prefix = {}) {
  return [caller = sched::Ref<Process>(&caller), op, prefix = std::move(prefix)](Result<> done) {
    if (done) {
      caller->post_reply(op, lua::Reply::of(true));
    } else if (prefix.empty()) {
      caller->post_reply(op, lua::Reply::failure(std::move(done.error())));
    } else {
      caller->post_reply(op, lua::Reply::failure(Error::of(kind::internal, prefix + done.error().message)));
    }
  };
}

StartRequest start_request(Process& caller, const std::string& id, Values arguments,
                           const units::CallSettings& settings) {
  StartRequest request;
  request.id = id;
  request.arguments = std::move(arguments);
  request.frame = units::overlay(caller.context(), settings);
  request.options = settings.options;
  return request;
}

}  // namespace

void WorkflowHostAdapter::attach(Process& watcher, const std::string& pid, bool link) {
  const auto id = service_->watch(pid, [watcher = sched::Ref<Process>(&watcher), pid, link](WorkflowEnd end) {
    if (link && end.error) {
      watcher->post(units::LinkDown{pid, std::move(*end.error)});
    } else {
      watcher->post_exit(pid, end.error, end.values);
    }
  });
  unwatch_at_end(watcher, 0, service_, id);
}

lua::Dispatch WorkflowHostAdapter::spawn(Process& caller, lua::OpId op, units::Spawn& command, lua::Reply&) {
  StartRequest request = start_request(caller, command.id, std::move(command.arguments), command.settings);
  request.name = command.name;
  request.messages = std::move(command.messages);
  for (lua::Message& message : request.messages) message.from = caller.pid_text();
  service_->start(request, [self = shared_from_this(), caller = sched::Ref<Process>(&caller), op,
                            monitor = command.monitor,
                            link = command.link](Result<units::workflows::StartedWorkflow> started) {
    if (!started) {
      caller->post_reply(op, lua::Reply::failure(std::move(started.error())));
      return;
    }
    if (monitor || link)
      caller->post(units::Deferred{[self, pid = started->pid, monitor, link](Process& process) {
        if (monitor) self->attach(process, pid, false);
        if (link) self->attach(process, pid, true);
      }});
    caller->post_reply(op, lua::Reply::of(started->pid));
  });
  return lua::Dispatch::pending;
}

lua::Dispatch WorkflowHostAdapter::execute(Process& caller, lua::OpId op, const StartRequest& request) {
  const auto id = service_->execute(request, [caller = sched::Ref<Process>(&caller), op](WorkflowEnd end) {
    caller->post_reply(op, {std::move(end.error), std::move(end.values)});
  });
  unwatch_at_end(caller, op, service_, id);
  return lua::Dispatch::pending;
}

lua::Dispatch WorkflowHostAdapter::exec(Process& caller, lua::OpId op, units::Exec& command, lua::Reply&) {
  return execute(caller, op,
                 start_request(caller, command.id, std::move(command.arguments), command.settings));
}

lua::Dispatch WorkflowHostAdapter::send(Process& caller, lua::OpId op, units::Send& command, lua::Reply&) {
  service_->signal(std::string(command.destination),
                   {std::string(command.topic), caller.pid_text(), std::move(command.values)},
                   reply_true(caller, op));
  return lua::Dispatch::pending;
}

void WorkflowHostAdapter::leave(const std::string& pid, lua::Message message) {
  service_->signal(pid, message, [](const Result<>&) {});
}

lua::Dispatch WorkflowHostAdapter::control(Process& caller, lua::OpId op, Control& command,
                                           lua::Reply& reply) {
  const std::string prefix = std::string(verb_name(command.verb)) + " failed: ";
  switch (command.verb) {
    case Control::Verb::cancel:
      service_->request_cancel(command.destination, command.reason, reply_true(caller, op, prefix));
      return lua::Dispatch::pending;
    case Control::Verb::terminate:
      service_->terminate(command.destination, "process.terminate", reply_true(caller, op, prefix));
      return lua::Dispatch::pending;
    case Control::Verb::monitor:
    case Control::Verb::link:
      attach(caller, command.destination, command.verb == Control::Verb::link);
      return units::answer(reply, Value(true));
    case Control::Verb::unmonitor:
    case Control::Verb::unlink:
      break;
  }
  return units::answer(reply, Value(true));
}

}  // namespace trivium::cli
