// The thread that waits for sockets and signals: one Boost.Asio context, its thread started by the first use.
#pragma once

#include <functional>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace trivium::sched {

// Thread-safe. Handlers run on the loop's thread, one at a time, and must be short: decode, then wake.
class IoLoop {
 public:
  IoLoop();
  ~IoLoop();  // stops

  // Starts the thread if need be. The context lives as long as this object. Not after stop().
  boost::asio::io_context& context();

  // Calls `callback` with SIGINT or SIGTERM, on the loop's thread, each time one arrives, in place of their
  // usual effect. Starts the thread; replaces an earlier callback.
  void on_signal(std::function<void(int signal)> callback);

  bool started() const;

  // Ends the thread after the handler in progress; waits. Pending handlers are destroyed, unrun, with this
  // object. Idempotent. Not from a handler.
  void stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace trivium::sched
