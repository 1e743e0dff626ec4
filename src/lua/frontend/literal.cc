#include "lua/frontend/literal.h"

#include <cctype>
#include <charconv>
#include <cstdlib>

namespace trivium::lua {

namespace {

int hex_digit(char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; }

// UTF-8 as Lua writes it: up to six bytes, for values below 2^31.
void append_utf8(std::string& out, uint32_t value) {
  if (value < 0x80) {
    out += static_cast<char>(value);
    return;
  }
  char bytes[6];
  int count = 0;
  uint32_t first_limit = 0x3F;
  do {
    bytes[count++] = static_cast<char>(0x80 | (value & 0x3F));
    value >>= 6;
    first_limit >>= 1;
  } while (value > first_limit);
  out += static_cast<char>((~first_limit << 1) | value);
  while (count > 0) out += bytes[--count];
}

bool is_newline(char c) { return c == '\n' || c == '\r'; }

// Length of the line break at `i`: two for CR LF and LF CR.
size_t newline_length(std::string_view text, size_t i) {
  return i + 1 < text.size() && is_newline(text[i + 1]) && text[i + 1] != text[i] ? 2 : 1;
}

std::string long_string(std::string_view text) {
  size_t level = 1;
  while (text[level] == '=') ++level;
  text = text.substr(level + 1, text.size() - 2 * (level + 1));
  std::string out;
  for (size_t i = 0; i < text.size();) {
    if (is_newline(text[i])) {
      if (i > 0) out += '\n';  // the first line break belongs to the bracket
      i += newline_length(text, i);
    } else {
      out += text[i++];
    }
  }
  return out;
}

// Decodes the escape after the backslash at text[i - 1]; returns the index behind it.
size_t decode_escape(std::string_view text, size_t i, std::string& out) {
  const char c = text[i];
  if (is_newline(c)) {
    out += '\n';
    return i + newline_length(text, i);
  }
  if (c >= '0' && c <= '9') {
    int value = 0;
    const size_t end = i + 3;
    while (i < end && text[i] >= '0' && text[i] <= '9') value = value * 10 + (text[i++] - '0');
    out += static_cast<char>(value);
    return i;
  }
  static constexpr std::string_view kNames = "abfnrtv";
  static constexpr std::string_view kValues = "\a\b\f\n\r\t\v";
  if (const size_t known = kNames.find(c); known != std::string_view::npos) {
    out += kValues[known];
    return i + 1;
  }
  if (c == 'z') {
    ++i;
    while (std::string_view(" \t\v\f\r\n").find(text[i]) != std::string_view::npos) ++i;
    return i;
  }
  if (c == 'x' && std::isxdigit(static_cast<unsigned char>(text[i + 1])) &&
      std::isxdigit(static_cast<unsigned char>(text[i + 2]))) {
    out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
    return i + 3;
  }
  if (c == 'u' && text[i + 1] == '{') {
    size_t end = i + 2;
    uint64_t value = 0;
    while (std::isxdigit(static_cast<unsigned char>(text[end])) && value < 0x80000000u) {
      value = value * 16 + static_cast<uint64_t>(hex_digit(text[end++]));
    }
    if (end > i + 2 && text[end] == '}' && value < 0x80000000u) {
      append_utf8(out, static_cast<uint32_t>(value));
      return end + 1;
    }
  }
  out += c;
  return i + 1;
}

}  // namespace

std::variant<int64_t, double> number_value(std::string_view text) {
  const std::string copy(text);
  const bool hex = copy.size() > 1 && (copy[1] | 0x20) == 'x';
  if (hex && copy.find_first_of(".pP") == std::string::npos) {
    uint64_t value = 0;
    for (size_t i = 2; i < copy.size(); ++i) value = value * 16 + static_cast<uint64_t>(hex_digit(copy[i]));
    return static_cast<int64_t>(value);
  }
  if (!hex && copy.find_first_of(".eE") == std::string::npos) {
    int64_t value = 0;
    const auto done = std::from_chars(copy.data(), copy.data() + copy.size(), value);
    if (done.ec == std::errc()) return value;
  }
  return std::strtod(copy.c_str(), nullptr);
}

std::string string_value(std::string_view text) {
  if (text.front() == '[') return long_string(text);
  std::string out;
  out.reserve(text.size());
  // The closing quote ends every look-ahead into an escape.
  for (size_t i = 1; i + 1 < text.size();) {
    if (text[i] != '\\') {
      out += text[i++];
    } else {
      i = decode_escape(text, i + 1, out);
    }
  }
  return out;
}

}  // namespace trivium::lua
