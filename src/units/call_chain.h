// What a call passes through on its way to a worker. An interceptor sees every call that concerns it, may
// change the request, start it several times or not at all. To add one: derive from Interceptor, and name it
// in the chain of Functions (functions.cc), outermost first.
#pragma once

#include <memory>
#include <span>

#include "core/error.h"
#include "sched/ref.h"

namespace trivium::units {

class Functions;
class NextCall;
class Process;
struct CallRequest;

// Thread-safe; without state of single calls.
class Interceptor {
 public:
  virtual ~Interceptor() = default;

  // Asked for every call: must be quick.
  virtual bool concerns(const CallRequest& request) const = 0;
  // Starts the call through `next`, which may take what it needs out of the request, and returns what that
  // returned. May keep a copy of `next` to start the call again later. Whoever wants to hear of the call's
  // end asks for it with request.detach(). An error: nothing was started, and request.on_exit is never
  // called.
  virtual Result<sched::Ref<Process>> call(CallRequest& request, const NextCall& next) const = 0;
};

using Interceptors = std::span<const std::unique_ptr<const Interceptor>>;

// The rest of the chain. Valid as long as the functions.
class NextCall {
 public:
  NextCall(Functions& functions, Interceptors rest) : functions_(&functions), rest_(rest) {}

  Result<sched::Ref<Process>> operator()(CallRequest& request) const;

 private:
  Functions* functions_;
  Interceptors rest_;
};

}  // namespace trivium::units
