// The streams of the program's own terminal, for the processes of terminal hosts.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "services/close_signal.h"
#include "services/terminal_input.h"
#include "services/terminal_mode.h"
#include "services/terminal_output.h"

namespace trivium::services {

// Descriptors, borrowed.
struct TerminalStreams {
  int in = 0;
  int out = 1;
  int err = 2;
};

// Thread-safe.
class Terminal {
 public:
  explicit Terminal(const TerminalStreams& streams = {})
      : input_(streams.in, input_end_),
        output_(streams.out, "stdout", close_),
        errors_(streams.err, "stderr", close_),
        mode_(streams.in) {}
  ~Terminal() { close(); }

  TerminalInput& input() { return input_; }
  TerminalOutput& output() { return output_; }
  TerminalOutput& errors() { return errors_; }
  TerminalMode& mode() { return mode_; }

  // Ends every wait for input, now and later: for the beginning of a shutdown, when a program that asks
  // for more would never end. Idempotent.
  void end_input() noexcept { input_end_.raise(); }

  // Ends every wait for input or a slow reader, now and later, and leaves raw mode. What can be written
  // at once still is. Idempotent.
  void close() noexcept {
    input_end_.raise();
    close_.raise();
    mode_.restore();
  }

 private:
  CloseSignal input_end_;
  CloseSignal close_;
  TerminalInput input_;
  TerminalOutput output_;
  TerminalOutput errors_;
  TerminalMode mode_;
};

// The terminals of terminal hosts, by host id; a service of the node (node.service<Terminals>()).
// Thread-safe. Close them before the blocking pool is shut down: it waits for reads in progress.
class Terminals {
 public:
  void add(std::string host_id, std::shared_ptr<Terminal> terminal) {
    const std::lock_guard lock(mutex_);
    terminals_.insert_or_assign(std::move(host_id), std::move(terminal));
  }
  // Null when the host has none.
  std::shared_ptr<Terminal> of(std::string_view host_id) const {
    const std::lock_guard lock(mutex_);
    const auto at = terminals_.find(host_id);
    return at == terminals_.end() ? nullptr : at->second;
  }
  void close() {
    const std::lock_guard lock(mutex_);
    for (const auto& [host, terminal] : terminals_) terminal->close();
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Terminal>, std::less<>> terminals_;
};

}  // namespace trivium::services
