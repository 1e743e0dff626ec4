#include "cli/command_names.h"

#include <algorithm>
#include <array>
#include <optional>

#include "app/similar.h"

namespace trivium::cli {
namespace {

using Args = std::vector<std::string>;

constexpr std::array<std::string_view, 12> top_commands{
    "run", "test", "lint", "registry", "ps", "tree", "reload", "host", "workflow", "init", "version", "help"};
constexpr std::array<std::string_view, 2> registry_commands{"list", "show"};
constexpr std::array<std::string_view, 1> host_commands{"workers"};
constexpr std::array<std::string_view, 12> workflow_commands{"list",   "show",      "history", "signal",
                                                             "cancel", "terminate", "retry",   "migrate",
                                                             "query",  "update",    "export",  "replay"};
// They need the module hub or its archive format.
constexpr std::array<std::string_view, 8> hub_commands{"add",     "install", "update", "pack",
                                                       "publish", "search",  "auth",   "readme"};

template <size_t N>
bool one_of(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Of the flags that may come before a command, those whose value is the next argument.
bool takes_next(std::string_view flag) {
  if (flag == "--config" || flag == "--memory-limit") return true;
  return flag.size() >= 2 && flag[1] != '-' && flag.back() == 'm';  // -m, -vm
}

// The first argument that is neither a flag nor a flag's value.
std::optional<size_t> first_word(const Args& args, size_t from) {
  for (size_t i = from; i < args.size(); ++i) {
    if (args[i].size() < 2 || args[i][0] != '-') return i;
    if (takes_next(args[i])) ++i;
  }
  return std::nullopt;
}

template <size_t N>
tl::unexpected<Error> unknown(const std::string& shown, const std::string& word,
                              const std::array<std::string_view, N>& names, const std::string& help) {
  std::string message = "unknown command \"" + shown + "\"";
  const std::string hint = app::did_you_mean(word, Args(names.begin(), names.end()));
  message += hint.empty() ? "" : ": " + hint;
  return fail(kind::invalid, message + "\nSee '" + help + "' for what there is.");
}

}  // namespace

bool is_command(std::string_view name) {
  if (name.starts_with("workflow ")) return one_of(workflow_commands, name.substr(9));
  if (name.starts_with("host ")) return one_of(host_commands, name.substr(5));
  if (name.starts_with("registry ")) return one_of(registry_commands, name.substr(9));
  return one_of(top_commands, name);
}

Result<CutLine> cut_line(const Args& args) {
  CutLine line;
  const auto dashes = std::find(args.begin(), args.end(), "--");
  line.rest.assign(args.begin(), dashes);
  if (dashes != args.end()) line.literal.assign(dashes + 1, args.end());

  const auto first = first_word(line.rest, 0);
  if (!first) return line;
  line.command = line.rest[*first];
  line.rest.erase(line.rest.begin() + static_cast<std::ptrdiff_t>(*first));
  if (one_of(hub_commands, line.command)) {
    return fail(kind::invalid, "'" + line.command + "' is not supported by this runtime");
  }
  if (!one_of(top_commands, line.command)) {
    return unknown(line.command, line.command, top_commands, "trivium --help");
  }
  const bool host = line.command == "host";
  const bool workflow = line.command == "workflow";
  if (line.command != "registry" && !host && !workflow) return line;

  const auto second = first_word(line.rest, *first);
  if (!second) return line;
  const std::string word = line.rest[*second];
  if (host && !one_of(host_commands, word)) {
    return unknown("host " + word, word, host_commands, "trivium host --help");
  }
  if (!host && !workflow && !one_of(registry_commands, word)) {
    return unknown("registry " + word, word, registry_commands, "trivium registry --help");
  }
  if (workflow && !one_of(workflow_commands, word)) {
    return unknown("workflow " + word, word, workflow_commands, "trivium workflow --help");
  }
  line.command += " " + word;
  line.rest.erase(line.rest.begin() + static_cast<std::ptrdiff_t>(*second));
  return line;
}

}  // namespace trivium::cli
