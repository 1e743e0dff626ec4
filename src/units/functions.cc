#include "units/functions.h"

#include <algorithm>

#include "sched/timers.h"
#include "units/call_retry.h"
#include "units/node.h"
#include "units/process_call.h"

namespace trivium::units {
namespace {

// Milliseconds, as everywhere in call options.
std::optional<Duration> time_limit(const Value* option) {
  if (option == nullptr) return std::nullopt;
  if (option->is_string()) return parse_duration(option->as_string());
  if (!option->is_number() || !(option->number() > 0) || option->number() > 9e12) return std::nullopt;
  return Duration(static_cast<int64_t>(option->number() * 1e6));
}

}  // namespace

// A call that is made again while it fails. Owned by the attempt in flight or by the timer between two.
class Functions::Retried : public std::enable_shared_from_this<Functions::Retried> {
 public:
  Retried(Node& node, Target target, CallRequest request, CallRetry retry)
      : node_(node),
        target_(std::move(target)),
        request_(std::move(request)),
        retry_(std::move(retry)),
        base_(retry_.initial_delay),
        begun_ns_(node.clock().monotonic_ns()) {}

  // An error: nothing was started, and on_exit is never called.
  Result<sched::Ref<Process>> attempt(Process* caller) {
    ++attempts_;
    CallRequest attempt;
    attempt.target = request_.target;
    attempt.arguments = request_.arguments;
    attempt.frame = request_.frame;
    attempt.scope = request_.scope;
    attempt.caller = caller;
    attempt.caller_pid = request_.caller_pid;
    if (request_.timeout) attempt.timeout = time_left();
    attempt.limit = request_.timeout;
    attempt.on_exit = [self = shared_from_this()](Exit& exit) { self->ended(exit); };
    return node_.functions().start(target_, std::move(attempt));
  }

 private:
  Duration time_left() const {
    const int64_t passed = node_.timers().clock().monotonic_ns() - begun_ns_;
    return std::max(Duration(1), *request_.timeout - Duration(passed));
  }

  void ended(Exit& exit) {
    const bool canceled = request_.scope && request_.scope->ended();
    if (!exit.error || attempts_ >= retry_.max_attempts || canceled || !retry_.wants(*exit.error))
      return report(exit);
    const double random = static_cast<double>(node_.random().next() >> 11) * 0x1p-52 - 1;
    const Duration delay = retry_.delay(base_, random);
    if (delay == Duration::zero()) return report(exit);
    if (request_.timeout && delay >= time_left()) {
      node_.timers().after(time_left(), [self = shared_from_this()] {
        Exit late{too_long(self->request_.target, *self->request_.timeout), {}};
        self->report(late);
      });
      return;
    }
    node_.timers().after(delay, [self = shared_from_this()] {
      if (auto again = self->attempt(nullptr); !again) {
        Exit failed{std::move(again.error()), {}};
        self->report(failed);
      }
    });
  }

  void report(Exit& exit) {
    if (request_.on_exit) request_.on_exit(exit);
  }

  Node& node_;
  const Target target_;
  const CallRequest request_;
  const CallRetry retry_;
  Duration base_;
  const int64_t begun_ns_;
  int64_t attempts_ = 0;
};

void Functions::add(std::shared_ptr<FunctionPool> pool) {
  const std::lock_guard lock(mutex_);
  pools_[pool->id()] = std::move(pool);
}

std::shared_ptr<FunctionPool> Functions::find(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto at = pools_.find(id);
  return at == pools_.end() ? nullptr : at->second;
}

Functions::Target Functions::target(const std::string& id) const {
  if (std::shared_ptr<FunctionPool> pool = find(id)) return {std::move(pool), nullptr};
  const app::LuaEntry* entry = node_.programs().entry(id);
  return {nullptr, entry != nullptr && entry->default_host ? entry : nullptr};
}

Result<sched::Ref<Process>> Functions::start(const Target& target, CallRequest request) {
  if (target.pool) return start_function(target.pool, std::move(request));
  if (target.process != nullptr) return call_process(node_, *target.process, std::move(request));
  Error error = Error::of(kind::not_found, "no handler registered for target " + request.target);
  error.details = Object{{"target", request.target}};
  return fail(std::move(error));
}

Result<sched::Ref<Process>> Functions::start_function(const std::shared_ptr<FunctionPool>& pool,
                                                      CallRequest request) {
  ProcessSpec spec;
  spec.entry_id = pool->id();
  spec.host = pool->host();
  spec.program = pool->program();
  spec.arguments = std::move(request.arguments);
  spec.frame = std::move(request.frame);
  spec.parent_scope = request.scope;
  spec.pool = pool;
  spec.on_exit = [report = std::move(request.on_exit)](Process&, Exit& exit) {
    if (report) report(exit);
  };
  const sched::Ref<Process> call = sched::make_ref<Process>(node_, std::move(spec));
  if (request.scope && !request.scope->adopt(call->serial(), call)) return fail(canceled_error());
  if (request.timeout)
    call->limit_time(*request.timeout, too_long(request.target, request.limit.value_or(*request.timeout)));
  call->publish();
  pool->run(call);
  return call;
}

Result<sched::Ref<Process>> Functions::call(CallRequest request) {
  const Target called = target(request.target);
  return start(called, std::move(request));
}

Result<sched::Ref<Process>> Functions::call(CallRequest request, const Object& options) {
  Target target = this->target(request.target);
  const Value none;
  const Value& defaults = target.pool      ? target.pool->call_options()
                          : target.process ? target.process->options
                                           : none;
  const auto option = [&](std::string_view key) {
    const Value* given = options.find(key);
    return given != nullptr ? given : defaults.find(key);
  };
  request.timeout = time_limit(option("timeout"));
  const Value* asked = option("retry");
  std::optional<CallRetry> retry = asked != nullptr ? CallRetry::read(*asked) : std::nullopt;
  if (!retry) return start(target, std::move(request));
  Process* caller = std::exchange(request.caller, nullptr);
  return std::make_shared<Retried>(node_, std::move(target), std::move(request), std::move(*retry))
      ->attempt(caller);
}

}  // namespace trivium::units
