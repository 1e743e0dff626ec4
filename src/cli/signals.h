// SIGINT and SIGTERM as calls on a thread of their own, where anything may be done.
#pragma once

#include <atomic>
#include <functional>
#include <thread>

namespace trivium::cli {

// At most one at a time. From its construction on, signals are held back; deliver_to() lets them
// through. A second one that nobody takes yet ends the program with status 1. SIGPIPE is made
// harmless meanwhile. Handlers, unlike blocked or ignored signals, are not inherited by programs
// the runtime starts.
class SignalRelay {
 public:
  SignalRelay();
  ~SignalRelay();
  SignalRelay(const SignalRelay&) = delete;
  SignalRelay& operator=(const SignalRelay&) = delete;

  // Once. `receive` is called on the relay's thread until stop().
  void deliver_to(std::function<void(int signo)> receive);
  // Waits for a running `receive`; later signals are held back again.
  void stop();

  // Whether any signal has come.
  bool received() const;

 private:
  int ends_[2] = {-1, -1};
  std::thread thread_;
};

}  // namespace trivium::cli
