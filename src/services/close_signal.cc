#include "services/close_signal.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <system_error>

namespace trivium::services {

CloseSignal::CloseSignal() : descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

CloseSignal::~CloseSignal() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void CloseSignal::raise() noexcept {
  const uint64_t one = 1;
  // A full counter is a raised signal too.
  [[maybe_unused]] const ssize_t written = ::write(descriptor_, &one, sizeof one);
}

Result<> wait_ready(int descriptor, short events, const CloseSignal& close) {
  pollfd waits[] = {{descriptor, events, 0}, {close.descriptor(), POLLIN, 0}};
  for (;;) {
    if (::poll(waits, 2, -1) < 0) {
      if (errno == EINTR) continue;
      return io_failure("poll", errno);
    }
    if (waits[0].revents != 0) return {};
    if (waits[1].revents != 0) return fail(kind::canceled, "terminal closed");
  }
}

tl::unexpected<Error> io_failure(const std::string& what, int code) {
  return fail(kind::internal, what + ": " + std::generic_category().message(code));
}

}  // namespace trivium::services
