// The commands. Each returns the exit status, or an error that ends the program with status 1; what
// it prints on stdout is appended to `out`, which is shown in either case.
#pragma once

#include <string>

#include "cli/command_line.h"
#include "cli/runtime.h"
#include "core/error.h"

namespace trivium::cli {

// Whether stdout understands colors.
struct Style {
  bool color = false;
};

Result<int> show_version(const VersionRequest& request, std::string& out);
Result<int> init_project(const InitRequest& request, std::string& out);
Result<int> list_commands(const GlobalOptions& global, const RunListRequest& request, Style style,
                          std::string& out);
Result<int> list_registry(const GlobalOptions& global, const RegistryListRequest& request, std::string& out);
Result<int> show_registry(const GlobalOptions& global, const RegistryShowRequest& request, std::string& out);
Result<int> lint(const GlobalOptions& global, const LintRequest& request, Style style,
                 const RuntimeFactory& make, std::string& out);

// All verbs but replay, query and migrate.
Result<int> workflow(const GlobalOptions& global, const WorkflowRequest& request, Style style,
                     std::string& out);
Result<int> replay_workflows(const GlobalOptions& global, const WorkflowRequest& request,
                             const RuntimeFactory& make, std::string& out);

Result<int> migrate_workflows(const GlobalOptions& global, const WorkflowRequest& request,
                              const RuntimeFactory& make, std::string& out);

Result<int> query_workflow(const GlobalOptions& global, const WorkflowRequest& request,
                           const RuntimeFactory& make, std::string& out);

// What runs in a folder, asked through its control socket.
Result<int> show_processes(const ControlCommand& request, std::string& out);
Result<int> show_tree(const ControlCommand& request, std::string& out);
Result<int> reload_application(const ControlCommand& request, std::string& out);
Result<int> set_host_workers(const HostWorkersRequest& request, std::string& out);

// These block until the application has ended, and print as they go.
Result<int> run_application(const GlobalOptions& global, const RunRequest& request,
                            const RuntimeFactory& make);
Result<int> run_tests(const GlobalOptions& global, const TestRequest& request, const RuntimeFactory& make);

}  // namespace trivium::cli
