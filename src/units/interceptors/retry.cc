#include "units/interceptors/retry.h"

#include <algorithm>

#include "sched/timers.h"
#include "units/call_retry.h"
#include "units/node.h"
#include "units/process_call.h"

namespace trivium::units {
namespace {

// Owned by the attempt in flight or by the timer between two.
class RetriedCall : public std::enable_shared_from_this<RetriedCall> {
 public:
  RetriedCall(Node& node, CallRequest request, CallRetry retry, const NextCall& next)
      : node_(node),
        request_(std::move(request)),
        retry_(std::move(retry)),
        next_(next),
        base_(retry_.initial_delay),
        begun_ns_(node.clock().monotonic_ns()) {}

  // `caller` waits only for the first attempt to start.
  Result<sched::Ref<Process>> attempt(Process* caller) {
    ++attempts_;
    CallRequest attempt = request_;
    attempt.caller = caller;
    if (request_.timeout) attempt.timeout = time_left();
    attempt.limit = request_.timeout;
    attempt.on_exit = [self = shared_from_this()](Exit& exit) { self->ended(exit); };
    return next_(attempt);
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
  const CallRequest request_;
  const CallRetry retry_;
  const NextCall next_;
  Duration base_;
  const int64_t begun_ns_;
  int64_t attempts_ = 0;
};

class Retry final : public Interceptor {
 public:
  explicit Retry(Node& node) : node_(node) {}

  bool concerns(const CallRequest& request) const override { return request.option("retry") != nullptr; }

  Result<sched::Ref<Process>> call(CallRequest& request, const NextCall& next) const override {
    std::optional<CallRetry> retry = CallRetry::read(*request.option("retry"));
    if (!retry) return next(request);
    request.detach();
    if (request.caller != nullptr) request.caller_pid = request.caller->pid_text();
    Process* caller = std::exchange(request.caller, nullptr);
    return std::make_shared<RetriedCall>(node_, std::move(request), std::move(*retry), next)->attempt(caller);
  }

 private:
  Node& node_;
};

}  // namespace

std::unique_ptr<const Interceptor> retry_interceptor(Node& node) { return std::make_unique<Retry>(node); }

}  // namespace trivium::units
