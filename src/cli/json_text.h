// Plain data as JSON text for people and their tools: log lines and command output. What core/json.h
// writes is made for browsers: <, > and & are escaped there, and non-finite numbers are lost.
#pragma once

#include <string>
#include <string_view>

#include "core/value.h"

namespace trivium::cli {

enum class JsonSpacing {
  none,    // {"a":1,"b":2}
  spaced,  // {"a": 1, "b": 2}
};

// Bytes that are no UTF-8 become U+FFFD, so that the output always is valid JSON.
void append_json_string(std::string& out, std::string_view text);
// NaN and infinities, which JSON cannot express, are written as strings.
void append_json(std::string& out, const Value& value, JsonSpacing spacing);

}  // namespace trivium::cli
