// What the end of a process on a terminal host means for the program: text to print and exit status.
#pragma once

#include <optional>
#include <string>

#include "core/value.h"

namespace trivium::cli {

struct TerminalResult {
  // The first return value; what is neither nil, boolean, number nor string may be any list or map.
  Value value;
  // The message of a raised error, or of the second return value when that is an error object or a
  // string. Its presence makes the run a failure, even when it is empty.
  std::optional<std::string> failure;
};

struct ExitReport {
  int status = 0;   // 0..255
  std::string out;  // for stdout, newline included
  std::string err;  // for stderr, newline included

  bool operator==(const ExitReport&) const = default;
};

ExitReport exit_report(const TerminalResult& result);

// "job: job: it broke" says "job: it broke": wrapping adds the same prefix twice.
std::string without_doubled_prefix(std::string text);

}  // namespace trivium::cli
