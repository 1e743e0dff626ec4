// A running application as the command line sees it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "app/application.h"
#include "app/config.h"
#include "app/kinds.h"
#include "app/registry.h"
#include "cli/log_sinks.h"
#include "core/entry_id.h"
#include "core/error.h"
#include "core/log.h"

namespace trivium::cli {

struct RuntimeOptions {
  std::shared_ptr<const app::Config> config;            // all layers merged
  std::shared_ptr<const app::Application> application;  // as loaded and checked
  std::shared_ptr<app::Registry> registry;              // its first version is the application's entries
  // Reads and checks the application's files again. May be empty; blocks.
  std::function<Result<app::Application>()> read_again;
  std::shared_ptr<LogRouter> router;  // the sink of `log`; for terminal hosts that hide logs, for events
  Log log;
  uint64_t memory_limit = 0;  // bytes, soft; 0: none
  bool one_process = false;   // exec() follows: what another runtime holds is no reason not to start
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
  // After start(). Starts the host if need be. An error says why the process could not be started;
  // then neither wait() nor a graceful shutdown follows, the runtime is destroyed. The end of a process on a
  // terminal host ends the runtime; wait() then returns its exit status.
  virtual Result<> exec(const ExecRequest& request) = 0;
  // From any thread, from the moment start() is called: SIGINT or SIGTERM. The first begins a graceful
  // shutdown, the second ends the program at once.
  virtual void signal(int signo) = 0;
  // Blocks until the runtime has shut down and returns the exit status.
  virtual int wait() = 0;
};

// What a runtime can run; entries that ask for more are mistakes.
struct Supported {
  const app::Kinds* kinds = nullptr;                    // borrowed; null: kinds are not checked
  std::set<std::string, std::less<>> modules;           // empty: names of modules are not checked
  std::set<std::string, std::less<>> workflow_modules;  // of these; empty: not checked
  // Notes mistakes in the text of a program. May be empty.
  std::function<void(const app::LuaEntry&, app::Problems&)> check_program;
};

struct RuntimeFactory {
  std::function<std::unique_ptr<Runtime>(RuntimeOptions)> make;
  // Asked by the commands that check an application, never by the others. May be empty.
  std::function<Supported()> supported = {};
};

std::unique_ptr<Runtime> make_runtime(RuntimeOptions options);

}  // namespace trivium::cli
