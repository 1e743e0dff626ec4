#include <algorithm>

#include "cli/application.h"
#include "cli/commands/commands.h"
#include "cli/exec_target.h"

namespace trivium::cli {

Result<int> list_commands(const GlobalOptions& global, const RunListRequest& request, Style style,
                          std::string& out) {
  const auto application = inspect_application(global, request.source);
  if (!application) return fail(application.error());
  const auto commands = named_commands(entries_of(application->entries));
  if (commands.empty()) {
    out +=
        "No commands found.\n\nA process becomes a command with meta like this:\n\n"
        "  meta: {command: {name: migrate, short: Apply the schema}}\n";
    return 0;
  }
  size_t names = 0;
  size_t briefs = 0;
  for (const NamedCommand& command : commands) {
    names = std::max(names, command.name.size());
    briefs = std::max(briefs, command.brief.size());
  }
  const std::string bold = style.color ? "\x1b[1m" : "";
  const std::string dim = style.color ? "\x1b[2m" : "";
  const std::string off = style.color ? "\x1b[0m" : "";
  out += "Available commands:\n\n";
  for (const NamedCommand& command : commands) {
    out.append("  ").append(bold).append(command.name).append(off);
    out.append(names - command.name.size() + 2, ' ');
    if (briefs > 0) out.append(command.brief).append(briefs - command.brief.size() + 2, ' ');
    out.append(dim).append("(").append(command.entry->id.text()).append(")").append(off).append("\n");
  }
  out += "\nRun with: trivium run <command>\n";
  return 0;
}

}  // namespace trivium::cli
