#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "core/error.h"
#include "services/close_signal.h"

namespace trivium::services {

// One output stream of a terminal. Unbuffered; texts of concurrent writers do not mix. Thread-safe.
class TerminalOutput {
 public:
  // The descriptor stays open and belongs to the caller; `name` is for messages; `close` outlives this.
  TerminalOutput(int descriptor, std::string name, const CloseSignal& close);

  // Writes the text if that needs no waiting, as almost always; nothing when it does.
  std::optional<Result<>> try_write(std::string_view text);
  // Writes all of it, however long the reader takes. Canceled once the terminal is closed.
  Result<> write(std::string_view text);

 private:
  Result<> write_locked(std::string_view text, bool ready);

  const int descriptor_;
  const std::string name_;
  const CloseSignal& close_;
  const bool regular_;  // a file: never makes anybody wait, cannot be polled
  std::mutex mutex_;
};

}  // namespace trivium::services
