#include "services/terminal_input.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace trivium::services {
namespace {

tl::unexpected<Error> end_of_input() { return fail(kind::unknown, "EOF"); }

}  // namespace

Result<bool> TerminalInput::fill() {
  char chunk[8192];
  for (;;) {
    if (Result<> ready = wait_ready(descriptor_, POLLIN, close_); !ready)
      return fail(std::move(ready.error()));
    const ssize_t count = ::read(descriptor_, chunk, sizeof chunk);
    if (count > 0) buffer_.append(chunk, static_cast<size_t>(count));
    if (count >= 0) return count > 0;
    if (errno != EINTR && errno != EAGAIN) return io_failure("read stdin", errno);
  }
}

Result<std::string> TerminalInput::read(size_t limit) {
  const std::lock_guard lock(mutex_);
  if (buffer_.empty()) {
    Result<bool> more = fill();
    if (!more) return fail(std::move(more.error()));
    if (!*more) return end_of_input();
  }
  std::string text = buffer_.substr(0, limit);
  buffer_.erase(0, limit);
  return text;
}

Result<std::string> TerminalInput::read_line() {
  const std::lock_guard lock(mutex_);
  size_t searched = 0;
  for (;;) {
    const size_t end = buffer_.find('\n', searched);
    if (end != std::string::npos) {
      std::string line = buffer_.substr(0, end > 0 && buffer_[end - 1] == '\r' ? end - 1 : end);
      buffer_.erase(0, end + 1);
      return line;
    }
    searched = buffer_.size();
    Result<bool> more = fill();
    if (!more) return fail(std::move(more.error()));
    if (*more) continue;
    if (buffer_.empty()) return end_of_input();
    return std::exchange(buffer_, std::string());
  }
}

}  // namespace trivium::services
