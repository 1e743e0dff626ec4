#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>

#include "core/json.h"

namespace trivium::json {
namespace {

// What becomes of a byte: 0 is copied, 1 looked at more closely, any other letter is a short escape.
constexpr std::array<char, 256> treatment = [] {
  std::array<char, 256> table{};
  for (size_t c = 0; c < 0x20; ++c) table[c] = 1;
  for (size_t c = 0x80; c < 0x100; ++c) table[c] = 1;
  table['\b'] = 'b';
  table['\f'] = 'f';
  table['\n'] = 'n';
  table['\r'] = 'r';
  table['\t'] = 't';
  table['"'] = '"';
  table['\\'] = '\\';
  // Harmless inside HTML.
  table['<'] = table['>'] = table['&'] = 1;
  return table;
}();

// Length of the valid UTF-8 sequence at the start of `text`, or 0.
size_t sequence_length(std::string_view text) {
  const auto byte = [&](size_t at) { return static_cast<unsigned char>(text[at]); };
  const auto continues = [&](size_t from, size_t to) {
    if (text.size() < to) return false;
    for (size_t at = from; at < to; ++at) {
      if ((byte(at) & 0xC0) != 0x80) return false;
    }
    return true;
  };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return continues(1, 2) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    if (!continues(1, 3)) return 0;
    // Neither longer than needed nor a surrogate.
    return (first == 0xE0 && byte(1) < 0xA0) || (first == 0xED && byte(1) >= 0xA0) ? 0 : 3;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    if (!continues(1, 4)) return 0;
    return (first == 0xF0 && byte(1) < 0x90) || (first == 0xF4 && byte(1) >= 0x90) ? 0 : 4;
  }
  return 0;
}

// Writes what cannot stand for itself at the start of `text`; returns how many bytes that was.
size_t append_special(std::string& out, std::string_view text) {
  constexpr char hex[] = "0123456789abcdef";
  const auto first = static_cast<unsigned char>(text.front());
  if (first < 0x80) {
    out += "\\u00";
    out += hex[first >> 4];
    out += hex[first & 15];
    return 1;
  }
  const size_t length = sequence_length(text);
  if (length == 0) {
    out += "\xEF\xBF\xBD";
    return 1;
  }
  // Line ends in JavaScript.
  if (text.starts_with("\xE2\x80\xA8")) {
    out += "\\u2028";
  } else if (text.starts_with("\xE2\x80\xA9")) {
    out += "\\u2029";
  } else {
    out += text.substr(0, length);
  }
  return length;
}

}  // namespace

void append_string(std::string& out, std::string_view text) {
  out += '"';
  size_t copied = 0;
  size_t at = 0;
  while (at < text.size()) {
    const char how = treatment[static_cast<unsigned char>(text[at])];
    if (how == 0) {
      ++at;
      continue;
    }
    out.append(text, copied, at - copied);
    if (how == 1) {
      at += append_special(out, text.substr(at));
    } else {
      out += '\\';
      out += how;
      ++at;
    }
    copied = at;
  }
  out.append(text, copied);
  out += '"';
}

void append_integer(std::string& out, int64_t value) {
  char buffer[24];
  out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr);
}

void append_number(std::string& out, double value, Place place) {
  if (!std::isfinite(value)) {
    out += "null";
    return;
  }
  if (value >= -9223372036854775808.0 && value < 9223372036854775808.0 && value == std::trunc(value)) {
    append_integer(out, static_cast<int64_t>(value));
    return;
  }
  // The shortest digits that read back the same, as d.ddde±xx.
  char buffer[32];
  const char* end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific).ptr;
  std::string_view text(buffer, static_cast<size_t>(end - buffer));
  if (text.front() == '-') {
    out += '-';
    text.remove_prefix(1);
  }
  const size_t e = text.find('e');
  int exponent = 0;
  std::from_chars(text.data() + e + (text[e + 1] == '+' ? 2 : 1), end, exponent);
  if (place == Place::top && (exponent < -6 || exponent >= 21)) {
    out.append(text, 0, e);
    out += exponent < 0 ? "e-" : "e+";
    append_integer(out, std::abs(exponent));
    return;
  }
  std::string digits(text.substr(0, 1));
  if (e > 2) digits.append(text, 2, e - 2);
  const auto count = static_cast<int>(digits.size());
  if (exponent < 0) {
    out += "0.";
    out.append(static_cast<size_t>(-exponent - 1), '0');
    out += digits;
  } else if (count <= exponent + 1) {
    out += digits;
    out.append(static_cast<size_t>(exponent + 1 - count), '0');
  } else {
    out.append(digits, 0, static_cast<size_t>(exponent) + 1);
    out += '.';
    out.append(digits, static_cast<size_t>(exponent) + 1);
  }
}

}  // namespace trivium::json
