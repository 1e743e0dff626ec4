#include "units/process_call.h"

#include <mutex>

#include "sched/timers.h"
#include "units/node.h"
#include "units/process_host.h"

namespace trivium::units {
namespace {

// The exit, a failed start and the time limit race for it; the first is told.
class Answer : public std::enable_shared_from_this<Answer> {
 public:
  Answer(sched::Timers& timers, std::function<void(Exit&)> on_exit)
      : timers_(timers), on_exit_(std::move(on_exit)) {}

  // False when there was one already.
  bool give(Exit exit) {
    sched::TimerId deadline = sched::TimerId::none;
    {
      const std::lock_guard lock(mutex_);
      if (given_) return false;
      given_ = true;
      deadline = deadline_;
    }
    if (deadline != sched::TimerId::none) timers_.cancel(deadline);
    if (on_exit_) on_exit_(exit);
    on_exit_ = nullptr;
    return true;
  }

  void limit(const sched::Ref<Process>& process, Duration timeout, Error error) {
    const std::lock_guard lock(mutex_);
    if (given_) return;
    deadline_ = timers_.after(timeout, [self = shared_from_this(), process, error = std::move(error)] {
      if (self->give({error, {}})) process->cancel_call("call took too long");
    });
  }

 private:
  sched::Timers& timers_;
  std::function<void(Exit&)> on_exit_;
  std::mutex mutex_;
  bool given_ = false;
  sched::TimerId deadline_ = sched::TimerId::none;
};

Exit start_failure(const std::string& cause) {
  return {Error::of(kind::internal, "failed to start process: " + cause), {}};
}

}  // namespace

Error too_long(const std::string& target, Duration limit) {
  Error error = Error::of(kind::timeout, "call of " + target + " took longer than " + format_duration(limit));
  error.retryable = true;
  return error;
}

Result<sched::Ref<Process>> call_process(Node& node, const app::LuaEntry& entry, CallRequest request) {
  if (request.scope && request.scope->ended()) return fail(canceled_error());
  const auto answer = std::make_shared<Answer>(node.timers(), std::move(request.on_exit));
  const auto host = std::dynamic_pointer_cast<ProcessHost>(node.host(entry.default_host->text()));
  if (!host) {
    answer->give(start_failure("host not found"));
    return nullptr;
  }
  SpawnRequest spawn;
  spawn.id = request.target;
  spawn.arguments = std::move(request.arguments);
  spawn.frame = std::move(request.frame);
  spawn.scope = std::move(request.scope);
  spawn.activity = std::move(request.activity);
  spawn.caller = request.caller != nullptr ? request.caller->pid_text() : std::move(request.caller_pid);
  spawn.on_exit = [answer](Process&, Exit& exit) { answer->give(std::move(exit)); };
  ProcessHost::Spawning spawning =
      host->spawn(std::move(spawn), request.caller, [answer](const Result<std::string>& pid) {
        if (!pid) answer->give(start_failure(pid.error().message));
      });
  if (spawning.settled && !*spawning.settled) {
    answer->give(start_failure(spawning.settled->error().message));
    return nullptr;
  }
  if (request.timeout) {
    answer->limit(spawning.process, *request.timeout,
                  too_long(request.target, request.limit.value_or(*request.timeout)));
  }
  return std::move(spawning.process);
}

}  // namespace trivium::units
