#include <cstdlib>
#include <filesystem>

#include "cli/application.h"
#include "cli/commands/commands.h"
#include "cli/exec_target.h"
#include "cli/log_setup.h"
#include "cli/memory_limit.h"
#include "cli/signals.h"

namespace trivium::cli {
namespace {

// What `run` and `test` have in common: start the application and, where `find` is given, one process
// in it.
struct Launch {
  const GlobalOptions& global;
  const SourceOptions& source;
  std::function<Result<FoundCommand>(const EntryList&)> find;
  std::string host;
  std::vector<std::string> args;
};

struct Target {
  ExecRequest request;
  bool on_terminal = false;  // its end is the end of the program
};

Result<Target> find_target(const Launch& launch, const EntryList& entries, const Log& log) {
  const auto found = launch.find(entries);
  if (!found) return fail(found.error());
  if (!found->shadowed.empty()) {
    Array others(found->shadowed.begin(), found->shadowed.end());
    log.warn("several commands have this name, the lowest id is run",
             {{"process", found->process.text()}, {"others", std::move(others)}});
  }
  const auto host = choose_host(entries, launch.host);
  if (!host) return fail(host.error());
  return Target{{(*host)->id, found->process, launch.args}, (*host)->kind == "terminal.host"};
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

Result<int> start_and_wait(const Launch& launch, const RuntimeFactory& make) {
  const bool one_process = launch.find != nullptr;
  const auto config = load_config(launch.global, launch.source);
  if (!config) return fail(config.error());
  const auto router = make_log_router(launch.global, launch.source, **config, one_process);
  const Log log(router, "run");

  SignalRelay signals;
  auto loaded = load_checked(launch.global, launch.source, **config, make, log.renamed("registry"));
  if (!loaded) return fail(loaded.error());
  const auto application = std::make_shared<const app::Application>(std::move(*loaded));
  std::optional<Target> target;
  if (one_process) {
    auto found = find_target(launch, entries_of(application->snapshot), log);
    if (!found) return fail(found.error());
    target = std::move(*found);
  }

  RuntimeOptions options;
  options.config = *config;
  options.application = application;
  options.registry = std::make_shared<app::Registry>();
  options.registry->publish(application->entries);
  options.read_again = [&launch, config = *config, &make, log] {
    return load_checked(launch.global, launch.source, *config, make, log.renamed("registry"));
  };
  options.router = router;
  options.log = log;
  options.one_process = one_process;
  options.memory_limit = memory_limit(launch.global.memory_limit, environment("GOMEMLIMIT"));
  const std::unique_ptr<Runtime> runtime = make.make(std::move(options));
  signals.deliver_to([&runtime](int signo) { runtime->signal(signo); });

  int status = 1;
  auto started = runtime->start();
  if (started) log.info("runtime ready");
  if (started && target) {
    started = runtime->exec(target->request);
    if (!started) {
      Error error = started.error();
      error.message =
          "failed to start process on host: " + target->request.process.text() + ": " + error.message;
      started = fail(std::move(error));
    }
  }
  if (started) status = runtime->wait();
  signals.stop();  // before the runtime goes
  if (!started) return fail(started.error());
  // Interrupting a process is no success, whatever it makes of it.
  if (target && target->on_terminal && signals.received()) return 1;
  return status;
}

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_module_char(char c) { return is_lower(c) || (c >= '0' && c <= '9') || c == '-'; }

// "org/module" or "org/module@version".
bool is_hub_reference(std::string_view name) {
  if (const size_t at = name.find('@'); at != std::string_view::npos) {
    if (at + 1 == name.size()) return false;
    name = name.substr(0, at);
  }
  const size_t slash = name.find('/');
  if (slash == std::string_view::npos) return false;
  for (const std::string_view part : {name.substr(0, slash), name.substr(slash + 1)}) {
    if (part.empty() || !is_lower(part.front())) return false;
    for (const char c : part) {
      if (!is_module_char(c)) return false;
    }
  }
  return true;
}

}  // namespace

Result<int> run_application(const GlobalOptions& global, const RunRequest& request,
                            const RuntimeFactory& make) {
  std::error_code ignored;
  const bool pack = request.name.ends_with(".wapp") ||
                    (is_hub_reference(request.name) && !std::filesystem::exists(request.name, ignored));
  if (pack) return fail(kind::invalid, "packs and hub modules are not supported");

  Launch launch{global, request.source, nullptr, request.host, request.args};
  if (!request.exec.empty()) {
    launch.find = [&request](const EntryList& entries) -> Result<FoundCommand> {
      auto id = find_process(entries, request.exec);
      if (!id) return fail(id.error());
      return FoundCommand{std::move(*id), {}};
    };
  } else if (!request.name.empty()) {
    launch.find = [&request](const EntryList& entries) { return find_command(entries, request.name); };
  }
  return start_and_wait(launch, make);
}

Result<int> run_tests(const GlobalOptions& global, const TestRequest& request, const RuntimeFactory& make) {
  return start_and_wait({global, request.source, find_tests, request.host, request.args}, make);
}

}  // namespace trivium::cli
