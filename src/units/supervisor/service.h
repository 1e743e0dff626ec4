// What a supervised entry runs.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/error.h"

namespace trivium::units {

using ServiceDone = std::function<void(Result<>)>;

// What a service tells its supervisor about one run. Callable from any thread, also from within start();
// reports about a run that is over are ignored. Copyable; may outlive the supervisor.
struct ServiceEvents {
  // The run ended without having been asked to: nothing for a normal end.
  std::function<void(std::optional<Error>)> ended;
  // A line for the log and for status commands: "service listening on :8080".
  std::function<void(std::string)> status;
};

// The supervisor calls start and stop one after the other, on whichever thread it happens to work: neither
// may block, and both report through `done`, once, from any thread. A removed service may be destroyed from
// within the call that reports its stop.
class Service {
 public:
  virtual ~Service() = default;

  // Not called while a run lasts, nor before an earlier stop is done or out of time.
  virtual void start(ServiceEvents events, ServiceDone done) = 0;

  // Ends the run. Called also while a start is under way (it took too long, or nobody wants it any more): the
  // start is then to be undone, and its own `done` no longer matters.
  virtual void stop(ServiceDone done) = 0;
};

// Ends that are no failure: the service is finished, or somebody ended it for good.
inline constexpr std::string_view service_exited_kind = "ServiceExited";
inline constexpr std::string_view service_terminated_kind = "ServiceTerminated";
Error service_exited();
Error service_terminated();

// Whether a service that failed so stays down: one of the above, a cancellation, or marked as not retryable.
bool terminal(const Error& error);

}  // namespace trivium::units
