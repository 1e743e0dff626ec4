#include "cli/version.h"

#include "cli/commands/commands.h"

namespace trivium::cli {

Result<int> show_version(const VersionRequest& request, std::string& out) {
  if (request.brief) {
    out += std::string(version()) + "\n";
  } else {
    out += "Trivium " + std::string(version()) +
           "\nA runtime for Lua functions, processes and durable workflows.\n";
  }
  return 0;
}

}  // namespace trivium::cli
