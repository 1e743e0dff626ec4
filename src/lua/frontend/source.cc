#include "lua/frontend/source.h"

#include <algorithm>

namespace trivium::lua {

Position position_of(const std::vector<uint32_t>& line_starts, uint32_t offset) {
  const auto after = std::upper_bound(line_starts.begin(), line_starts.end(), offset);
  if (after == line_starts.begin()) return {1, offset + 1};
  return {static_cast<uint32_t>(after - line_starts.begin()), offset - *(after - 1) + 1};
}

namespace {

// Minified sources have lines nobody wants to see whole.
constexpr size_t kShownBefore = 120;
constexpr size_t kShownAfter = 60;

bool starts_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

}  // namespace

std::string render(const SyntaxError& error, std::string_view source, std::string_view chunk_name) {
  std::string text(chunk_name);
  text += ':' + std::to_string(error.position.line) + ':' + std::to_string(error.position.column) + ": ";
  text += error.message;

  const size_t at = std::min<size_t>(error.span.begin, source.size());
  const size_t line_begin = at - std::min<size_t>(at, error.position.column - 1);
  size_t line_end = at;
  while (line_end < source.size() && source[line_end] != '\n' && source[line_end] != '\r') ++line_end;

  size_t shown_begin = at - std::min(at - line_begin, kShownBefore);
  while (shown_begin < at && !starts_character(source[shown_begin])) ++shown_begin;
  const size_t shown_end = std::min(line_end, at + kShownAfter);
  text += "\n    ";
  for (size_t i = shown_begin; i < shown_end; ++i) {
    const unsigned char c = static_cast<unsigned char>(source[i]);
    text += c < 0x20 && c != '\t' ? '?' : source[i];
  }
  text += "\n    ";
  for (size_t i = shown_begin; i < at; ++i) {
    if (source[i] == '\t') {
      text += '\t';
    } else if (starts_character(source[i])) {
      text += ' ';
    }
  }
  const size_t token_end = std::clamp<size_t>(error.span.end, at, shown_end);
  size_t width = 0;
  for (size_t i = at; i < token_end; ++i) width += starts_character(source[i]) ? 1 : 0;
  text.append(std::max<size_t>(width, 1), '^');
  return text;
}

Error to_error(const SyntaxError& error, std::string_view source, std::string_view chunk_name) {
  return Error::of(kind::invalid, render(error, source, chunk_name));
}

}  // namespace trivium::lua
