#include "cli/program.h"

#include <unistd.h>

#include <cstdio>
#include <type_traits>

#include "cli/command_line.h"
#include "cli/commands/commands.h"
#include "cli/help.h"

namespace trivium::cli {
namespace {

Result<int> carry_out(const CommandLine& line, const RuntimeFactory& make, std::string& out) {
  const GlobalOptions& global = line.global;
  const Style style{isatty(STDOUT_FILENO) == 1};
  return std::visit(
      [&](const auto& request) -> Result<int> {
        using R = std::decay_t<decltype(request)>;
        if constexpr (std::is_same_v<R, HelpRequest>) {
          out += help_text(request.topic);
          return 0;
        } else if constexpr (std::is_same_v<R, VersionRequest>) {
          return show_version(request, out);
        } else if constexpr (std::is_same_v<R, InitRequest>) {
          return init_project(request, out);
        } else if constexpr (std::is_same_v<R, RunRequest>) {
          return run_application(global, request, make);
        } else if constexpr (std::is_same_v<R, RunListRequest>) {
          return list_commands(global, request, style, out);
        } else if constexpr (std::is_same_v<R, TestRequest>) {
          return run_tests(global, request, make);
        } else if constexpr (std::is_same_v<R, LintRequest>) {
          return lint(global, request, style, make, out);
        } else if constexpr (std::is_same_v<R, RegistryListRequest>) {
          return list_registry(global, request, out);
        } else if constexpr (std::is_same_v<R, WorkflowRequest>) {
          if (request.verb == WorkflowVerb::replay) return replay_workflows(global, request, make, out);
          if (request.verb == WorkflowVerb::query) return query_workflow(global, request, make, out);
          if (request.verb == WorkflowVerb::migrate) return migrate_workflows(global, request, make, out);
          return workflow(global, request, style, out);
        } else if constexpr (std::is_same_v<R, PsRequest>) {
          return show_processes(request.control, out);
        } else if constexpr (std::is_same_v<R, TreeRequest>) {
          return show_tree(request.control, out);
        } else if constexpr (std::is_same_v<R, ReloadRequest>) {
          return reload_application(request.control, out);
        } else if constexpr (std::is_same_v<R, HostWorkersRequest>) {
          return set_host_workers(request, out);
        } else {
          return show_registry(global, request, out);
        }
      },
      line.request);
}

void print_error(const Error& error, bool console) {
  std::string text = console ? error.message : "Error: " + error.message;
  if (console && isatty(STDERR_FILENO) == 1) text = "\x1b[31m" + text + "\x1b[0m";
  text += '\n';
  std::fwrite(text.data(), 1, text.size(), stderr);
}

}  // namespace

int run_program(int argc, char** argv, const RuntimeFactory& make_runtime) {
  const std::vector<std::string> args(argv + (argc > 0 ? 1 : 0), argv + argc);
  const auto line = parse_command_line(args);
  if (!line) {
    print_error(line.error(), wants_console(args));
    return 1;
  }
  std::string out;
  const auto status = carry_out(*line, make_runtime, out);
  std::fwrite(out.data(), 1, out.size(), stdout);
  const bool shown = std::fflush(stdout) == 0;
  if (!status) {
    print_error(status.error(), line->global.console);
    return 1;
  }
  return shown ? *status : 1;
}

}  // namespace trivium::cli
