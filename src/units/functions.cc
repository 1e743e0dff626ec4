#include "units/functions.h"

#include <algorithm>

#include "sched/timers.h"
#include "units/call_retry.h"
#include "units/node.h"

namespace trivium::units {
namespace {

Error too_long(const std::string& target, Duration limit) {
  Error error = Error::of(kind::timeout, "call of " + target + " took longer than " + format_duration(limit));
  error.retryable = true;
  return error;
}

// A call that is made again while it fails. Owned by the attempt in flight or by the timer between two.
class RetriedCall : public std::enable_shared_from_this<RetriedCall> {
 public:
  RetriedCall(Node& node, CallRequest request, CallRetry retry)
      : node_(node),
        request_(std::move(request)),
        retry_(std::move(retry)),
        base_(retry_.initial_delay),
        begun_ns_(node.clock().monotonic_ns()) {}

  // An error: nothing was started, and on_exit is never called.
  Result<sched::Ref<Process>> attempt() {
    ++attempts_;
    CallRequest attempt;
    attempt.target = request_.target;
    attempt.arguments = request_.arguments;
    attempt.frame = request_.frame;
    attempt.scope = request_.scope;
    if (request_.timeout) attempt.timeout = time_left();
    attempt.limit = request_.timeout;
    attempt.on_exit = [self = shared_from_this()](Exit& exit) { self->ended(exit); };
    return node_.functions().call(std::move(attempt));
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
      if (auto again = self->attempt(); !again) {
        Exit failed{std::move(again.error()), {}};
        self->report(failed);
      }
    });
  }

  void report(Exit& exit) {
    if (request_.on_exit) request_.on_exit(exit);
  }

  Node& node_;
  const CallRequest request_;
  const CallRetry retry_;
  Duration base_;
  const int64_t begun_ns_;
  int64_t attempts_ = 0;
};

// Milliseconds, as everywhere in call options.
std::optional<Duration> time_limit(const Value* option) {
  if (option == nullptr) return std::nullopt;
  if (option->is_string()) return parse_duration(option->as_string());
  if (!option->is_number() || !(option->number() > 0) || option->number() > 9e12) return std::nullopt;
  return Duration(static_cast<int64_t>(option->number() * 1e6));
}

}  // namespace

void Functions::add(std::shared_ptr<FunctionPool> pool) {
  const std::lock_guard lock(mutex_);
  pools_[pool->id()] = std::move(pool);
}

std::shared_ptr<FunctionPool> Functions::find(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto at = pools_.find(id);
  return at == pools_.end() ? nullptr : at->second;
}

Result<sched::Ref<Process>> Functions::call(CallRequest request) {
  std::shared_ptr<FunctionPool> pool = find(request.target);
  if (!pool) {
    Error error = Error::of(kind::not_found, "no handler registered for target " + request.target);
    error.details = Object{{"target", request.target}};
    return fail(std::move(error));
  }
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

Result<sched::Ref<Process>> Functions::call(CallRequest request, const Object& options) {
  const std::shared_ptr<FunctionPool> pool = find(request.target);
  const Value none;
  const Value& defaults = pool ? pool->call_options() : none;
  const auto option = [&](std::string_view key) {
    const Value* given = options.find(key);
    return given != nullptr ? given : defaults.find(key);
  };
  request.timeout = time_limit(option("timeout"));
  const Value* asked = option("retry");
  std::optional<CallRetry> retry = asked != nullptr ? CallRetry::read(*asked) : std::nullopt;
  if (!retry) return call(std::move(request));
  return std::make_shared<RetriedCall>(node_, std::move(request), std::move(*retry))->attempt();
}

}  // namespace trivium::units
