// Waiting for a descriptor in a way that another thread can end.
#pragma once

#include "core/error.h"

namespace trivium::services {

// A flag that poll() can wait for. Thread-safe.
class CloseSignal {
 public:
  CloseSignal();
  ~CloseSignal();
  CloseSignal(const CloseSignal&) = delete;
  CloseSignal& operator=(const CloseSignal&) = delete;

  void raise() noexcept;  // for good
  int descriptor() const { return descriptor_; }

 private:
  const int descriptor_;  // -1: the system had none left; waits then cannot be ended
};

// Waits until `descriptor` is ready for `events` (POLLIN, POLLOUT). Canceled once the signal is raised
// and the descriptor is not ready.
Result<> wait_ready(int descriptor, short events, const CloseSignal& close);

// "read stdin: Input/output error", Internal.
tl::unexpected<Error> io_failure(const std::string& what, int code);

}  // namespace trivium::services
