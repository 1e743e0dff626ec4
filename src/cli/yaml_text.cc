#include "cli/yaml_text.h"

#include "app/scalar.h"
#include "cli/json_text.h"

namespace trivium::cli {
namespace {

constexpr int step = 4;

// Readable without quotes and still the same string.
bool is_plain(std::string_view text) {
  if (text.empty() || text.front() == ' ' || text.back() == ' ' || text.back() == ':') return false;
  if (std::string_view("-?:,[]{}#&*!|>'\"%@`").find(text.front()) != std::string_view::npos) return false;
  if (text.find(": ") != std::string_view::npos || text.find(" #") != std::string_view::npos) return false;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
  }
  const Value meaning = app::resolve_scalar(text);
  return meaning.is_string() && meaning.as_string() == text;
}

// Several lines that a literal block can hold as they are.
bool is_literal(std::string_view text) {
  if (text.find('\n') == std::string_view::npos || text.front() == ' ' || text.front() == '\n') return false;
  for (const char c : text) {
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7f) return false;
  }
  return true;
}

bool is_nested(const Value& value) {
  return (value.is_object() && !value.as_object().empty()) || (value.is_array() && !value.as_array().empty());
}

void append_literal(std::string& out, std::string_view text, int indent) {
  if (text.back() != '\n') {
    out += "|-\n";
  } else {
    out += text.ends_with("\n\n") ? "|+\n" : "|\n";
    text.remove_suffix(1);
  }
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    if (end > at) out.append(static_cast<size_t>(indent), ' ').append(text.substr(at, end - at));
    out += '\n';
    at = end + 1;
  }
}

// What follows "key: " or "- ", newline included.
void append_scalar(std::string& out, const Value& value, int indent) {
  if (!value.is_string()) {
    append_json(out, value, JsonSpacing::spaced);  // empty lists and maps as well
  } else if (is_plain(value.as_string())) {
    out += value.as_string();
  } else if (is_literal(value.as_string())) {
    append_literal(out, value.as_string(), indent);
    return;
  } else {
    append_json_string(out, value.as_string());
  }
  out += '\n';
}

std::string key_text(const std::string& key) {
  if (is_plain(key)) return key;
  std::string quoted;
  append_json_string(quoted, key);
  return quoted;
}

void append(std::string& out, const Value& value, int indent) {
  const std::string margin(static_cast<size_t>(indent), ' ');
  if (value.is_object() && is_nested(value)) {
    for (const auto& [key, member] : value.as_object()) {
      out += margin + key_text(key) + ":";
      if (is_nested(member)) {
        out += '\n';
        append(out, member, indent + step);
      } else {
        out += ' ';
        append_scalar(out, member, indent + step);
      }
    }
  } else if (is_nested(value)) {
    for (const Value& item : value.as_array()) {
      if (is_nested(item)) {
        // The item's first line goes behind the dash, the others below it.
        std::string below;
        append(below, item, indent + 2);
        out += margin + "- " + below.substr(static_cast<size_t>(indent) + 2);
      } else {
        out += margin + "- ";
        append_scalar(out, item, indent + step);
      }
    }
  } else {
    out += margin;
    append_scalar(out, value, indent + step);
  }
}

}  // namespace

std::string yaml_text(const Value& value, int indent) {
  std::string out;
  append(out, value, indent);
  return out;
}

}  // namespace trivium::cli
