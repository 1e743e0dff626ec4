// The control socket of a running application: a Unix socket that its owner alone may use.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "cli/control/protocol.h"
#include "core/error.h"
#include "sched/io_loop.h"

namespace trivium::cli {

class ControlServer {
 public:
  // Answers one request, once, from any thread; called on the loop's thread.
  using Answer = std::function<void(ControlRequest request, std::function<void(Result<Value>)> reply)>;

  // Listens at `path`, whose folder it creates, on the loop, which outlives it. A socket that nobody listens
  // at any more is replaced. AlreadyExists: somebody listens there. Internal: the folder cannot be written
  // to.
  static Result<std::unique_ptr<ControlServer>> open(sched::IoLoop& loop, const std::string& path,
                                                     Answer answer);
  // Removes the socket. Connections end; answers that come later go nowhere.
  ~ControlServer();
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

 private:
  class Impl;
  explicit ControlServer(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace trivium::cli
