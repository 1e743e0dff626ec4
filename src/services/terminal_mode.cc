#include "services/terminal_mode.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "services/close_signal.h"

namespace trivium::services {

Result<> TerminalMode::check() const {
  if (::isatty(descriptor_) == 1) return {};
  return fail(kind::unavailable, "stdin is not a terminal");
}

Result<bool> TerminalMode::hold(uint64_t holder) {
  if (Result<> terminal = check(); !terminal) return fail(std::move(terminal.error()));
  const std::lock_guard lock(mutex_);
  if (!found_) {
    termios mode{};
    if (::tcgetattr(descriptor_, &mode) != 0) return io_failure("tcgetattr", errno);
    termios raw = mode;
    ::cfmakeraw(&raw);
    if (::tcsetattr(descriptor_, TCSANOW, &raw) != 0) return io_failure("tcsetattr", errno);
    found_ = mode;
  }
  const auto [at, fresh] = holders_.try_emplace(holder, 0);
  ++at->second;
  return fresh;
}

Result<> TerminalMode::release(uint64_t holder) {
  if (Result<> terminal = check(); !terminal) return terminal;
  const std::lock_guard lock(mutex_);
  const auto at = holders_.find(holder);
  if (at != holders_.end() && at->second > 0) --at->second;
  leave_raw();
  return {};
}

void TerminalMode::release_all(uint64_t holder) noexcept {
  const std::lock_guard lock(mutex_);
  holders_.erase(holder);
  leave_raw();
}

void TerminalMode::restore() noexcept {
  const std::lock_guard lock(mutex_);
  holders_.clear();
  leave_raw();
}

void TerminalMode::leave_raw() noexcept {
  const bool held =
      std::any_of(holders_.begin(), holders_.end(), [](const auto& item) { return item.second > 0; });
  if (held || !found_) return;
  ::tcsetattr(descriptor_, TCSANOW, &*found_);
  found_.reset();
}

}  // namespace trivium::services
