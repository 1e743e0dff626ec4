#include "services/terminal_output.h"

#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace trivium::services {
namespace {

bool is_regular(int descriptor) {
  struct stat status {};
  return ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
}

}  // namespace

TerminalOutput::TerminalOutput(int descriptor, std::string name, const CloseSignal& close)
    : descriptor_(descriptor), name_(std::move(name)), close_(close), regular_(is_regular(descriptor)) {}

std::optional<Result<>> TerminalOutput::try_write(std::string_view text) {
  if (text.empty()) return Result<>();
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock) return std::nullopt;
  if (!regular_) {
    // Up to PIPE_BUF bytes fit whenever a pipe is ready.
    pollfd ready{descriptor_, POLLOUT, 0};
    if (text.size() > PIPE_BUF || ::poll(&ready, 1, 0) != 1) return std::nullopt;
  }
  return write_locked(text, true);
}

Result<> TerminalOutput::write(std::string_view text) {
  const std::lock_guard lock(mutex_);
  return write_locked(text, false);
}

Result<> TerminalOutput::write_locked(std::string_view text, bool ready) {
  while (!text.empty()) {
    // Larger pieces could get stuck in write() itself, where closing does not reach.
    const size_t piece = regular_ ? text.size() : std::min<size_t>(text.size(), PIPE_BUF);
    if (!regular_ && !std::exchange(ready, false)) {
      if (Result<> waited = wait_ready(descriptor_, POLLOUT, close_); !waited) return waited;
    }
    const ssize_t count = ::write(descriptor_, text.data(), piece);
    if (count >= 0) {
      text.remove_prefix(static_cast<size_t>(count));
    } else if (errno != EINTR && errno != EAGAIN) {
      return io_failure("write " + name_, errno);
    }
  }
  return {};
}

}  // namespace trivium::services
