// A running application as the command line sees it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cli/log_sinks.h"
#include "core/entry_id.h"
#include "core/error.h"
#include "core/log.h"

namespace trivium::app {
class Config;
class Snapshot;
}  // namespace trivium::app

namespace trivium::cli {

struct RuntimeOptions {
  std::shared_ptr<const app::Config> config;     // all layers merged
  std::shared_ptr<const app::Snapshot> entries;  // the registry's first version
  Log log;                                       // writes to `router`
  std::shared_ptr<LogRouter> router;             // for terminal hosts that hide logs, and for events
};

// A process on a host, started because the command line asked for it.
struct ExecRequest {
  EntryId host;
  EntryId process;
  std::vector<std::string> args;  // given to main() as strings, and to io.args()
};

// Owned and driven by one thread, except for signal().
class Runtime {
 public:
  virtual ~Runtime() = default;

  // Creates what the entries describe and starts services with auto_start; returns when ready.
  virtual Result<> start() = 0;
  // After start(). An error means that the process could not be started. The end of a process on a
  // terminal host ends the runtime; wait() then returns its exit status.
  virtual Result<> exec(const ExecRequest& request) = 0;
  // From any thread: SIGINT or SIGTERM. The first begins a graceful shutdown, the second ends the
  // program at once.
  virtual void signal(int signo) = 0;
  // Blocks until the runtime has shut down and returns the exit status.
  virtual int wait() = 0;
};

using RuntimeFactory = std::function<std::unique_ptr<Runtime>(RuntimeOptions)>;

std::unique_ptr<Runtime> make_runtime(RuntimeOptions options);

}  // namespace trivium::cli
