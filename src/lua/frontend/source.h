// Positions in a source text and the diagnostics that point at them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"

namespace trivium::lua {

// Bytes [begin, end) of the source.
struct Span {
  uint32_t begin = 0;
  uint32_t end = 0;
};

// Both count from 1; a column is a byte.
struct Position {
  uint32_t line = 1;
  uint32_t column = 1;
};

struct SyntaxError {
  Position position;
  Span span;            // the offending token
  std::string message;  // one line, without position
};

// The position of a byte, given the offset of the first byte of every line.
Position position_of(const std::vector<uint32_t>& line_starts, uint32_t offset);

// The source line and a caret line under the offending token, indented. What is missed at the end of the file
// is shown where the text ends.
std::string excerpt(const SyntaxError& error, std::string_view source);

// `chunk:line:column: message`, the source line, and a caret line under the offending token.
std::string render(const SyntaxError& error, std::string_view source, std::string_view chunk_name);

// The same as an error of kind Invalid, never worth a retry.
Error to_error(const SyntaxError& error, std::string_view source, std::string_view chunk_name);

}  // namespace trivium::lua
