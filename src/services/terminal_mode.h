#pragma once

#include <termios.h>

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>

#include "core/error.h"

namespace trivium::services {

// Raw mode of a terminal device, on as long as somebody holds it. Thread-safe. Restores the mode it
// found when it is destroyed.
class TerminalMode {
 public:
  explicit TerminalMode(int descriptor) : descriptor_(descriptor) {}
  ~TerminalMode() { restore(); }
  TerminalMode(const TerminalMode&) = delete;
  TerminalMode& operator=(const TerminalMode&) = delete;

  // Holders count: each may hold several times. True: this one is new, somebody has to call release_all
  // for it one day. Unavailable when the descriptor is no terminal.
  Result<bool> hold(uint64_t holder);
  // One hold less; nothing when there is none.
  Result<> release(uint64_t holder);
  // All holds of one holder, or of everybody.
  void release_all(uint64_t holder) noexcept;
  void restore() noexcept;

 private:
  Result<> check() const;
  void leave_raw() noexcept;  // when nobody holds it any more

  const int descriptor_;
  std::mutex mutex_;
  std::map<uint64_t, int> holders_;
  std::optional<termios> found_;  // while raw
};

}  // namespace trivium::services
