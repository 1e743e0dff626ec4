// What an unquoted YAML scalar means.
#pragma once

#include <string_view>

#include "core/value.h"

namespace trivium::app {

// YAML 1.2 core, plus leading-zero and 0o octal, 0x, 0b, digits separated by `_`, and timestamps,
// which become RFC 3339 strings. Booleans are only true and false; yes, no, on, off are strings.
// A number without a fraction is an integer (1.0, 1e3) unless it does not fit 64 bits.
Value resolve_scalar(std::string_view text);

// A double as the runtime shows it: integral values become integers.
Value number_value(double number);

}  // namespace trivium::app
