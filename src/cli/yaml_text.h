// Plain data as YAML in block style, for command output.
#pragma once

#include <string>

#include "core/value.h"

namespace trivium::cli {

// Lines, each indented by `indent` spaces and ended by a newline. Reading them back gives the same
// value.
std::string yaml_text(const Value& value, int indent = 0);

}  // namespace trivium::cli
