// Names of commands, and finding the command among flags.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"

namespace trivium::cli {

// A line cut into its command ("run", "registry list", empty when there is none), the flags and
// arguments of that command, and what follows `--`. "registry" without a word behind it is a
// command that has nothing to do but help.
struct CutLine {
  std::string command;
  std::vector<std::string> rest;
  std::vector<std::string> literal;
};

Result<CutLine> cut_line(const std::vector<std::string>& args);

// Whether there is help of its own for `name`.
bool is_command(std::string_view name);

}  // namespace trivium::cli
