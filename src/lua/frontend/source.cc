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

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool ends_line(char c) { return c == '\n' || c == '\r'; }

// Where to point: at the token, or behind the last text when nothing but blanks leads to the end of the file.
size_t shown_position(const SyntaxError& error, std::string_view source) {
  const size_t at = std::min<size_t>(error.span.begin, source.size());
  if (at < source.size()) return at;
  size_t text_end = at;
  while (text_end > 0 && is_blank(source[text_end - 1])) --text_end;
  return text_end > 0 ? text_end : at;
}

}  // namespace

std::string excerpt(const SyntaxError& error, std::string_view source) {
  const size_t at = shown_position(error, source);
  size_t line_begin = at;
  while (line_begin > 0 && !ends_line(source[line_begin - 1])) --line_begin;
  size_t line_end = at;
  while (line_end < source.size() && !ends_line(source[line_end])) ++line_end;

  size_t shown_begin = at - std::min(at - line_begin, kShownBefore);
  while (shown_begin < at && !starts_character(source[shown_begin])) ++shown_begin;
  const size_t shown_end = std::min(line_end, at + kShownAfter);
  std::string text = "    ";
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
  const bool moved = at != error.span.begin;
  const size_t token_end = moved ? at : std::clamp<size_t>(error.span.end, at, shown_end);
  size_t width = 0;
  for (size_t i = at; i < token_end; ++i) width += starts_character(source[i]) ? 1 : 0;
  text.append(std::max<size_t>(width, 1), '^');
  return text;
}

std::string render(const SyntaxError& error, std::string_view source, std::string_view chunk_name) {
  std::string text(chunk_name);
  text += ':' + std::to_string(error.position.line) + ':' + std::to_string(error.position.column) + ": ";
  text += error.message;
  text += '\n';
  return text + excerpt(error, source);
}

Error to_error(const SyntaxError& error, std::string_view source, std::string_view chunk_name) {
  return Error::of(kind::invalid, render(error, source, chunk_name));
}

}  // namespace trivium::lua
