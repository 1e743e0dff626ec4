#pragma once

#include <mutex>
#include <string>

#include "core/error.h"
#include "services/close_signal.h"

namespace trivium::services {

// The input of a terminal, with the one buffer all reads share. The calls block until there is input,
// one at a time; Canceled once the terminal is closed. Thread-safe.
class TerminalInput {
 public:
  // The descriptor stays open and belongs to the caller; `close` outlives this.
  TerminalInput(int descriptor, const CloseSignal& close) : descriptor_(descriptor), close_(close) {}

  // At least one byte and at most `limit`, which is positive. At the end of input an error with the
  // message EOF and no kind.
  Result<std::string> read(size_t limit);
  // Up to the next line break, without it; the last line may lack one.
  Result<std::string> read_line();

 private:
  // Appends to the buffer what is there. False: the end of input.
  Result<bool> fill();

  const int descriptor_;
  const CloseSignal& close_;
  std::mutex mutex_;
  std::string buffer_;
};

}  // namespace trivium::services
