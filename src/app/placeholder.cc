#include "app/placeholder.h"

#include <algorithm>

#include "app/scalar.h"

namespace trivium::app {
namespace {

struct Part {
  enum class Kind { text, variable };
  Kind kind = Kind::text;
  std::string text;  // literal text, or the variable's name
  std::optional<std::string> fallback;
};

bool shorthand_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

std::optional<Part> parse_placeholder(std::string_view inner) {
  const size_t bar = inner.find('|');
  Part part{Part::Kind::variable, std::string(inner.substr(0, bar)), std::nullopt};
  if (bar != std::string_view::npos) part.fallback = std::string(inner.substr(bar + 1));
  if (part.text.starts_with("env:")) {
    part.text.erase(0, 4);
    if (part.text.empty()) return std::nullopt;
    return part;
  }
  if (!part.fallback || !shorthand_name(part.text)) return std::nullopt;
  return part;
}

std::vector<Part> split(std::string_view text) {
  std::vector<Part> parts;
  std::string literal;
  const auto flush = [&] {
    if (!literal.empty()) parts.push_back({Part::Kind::text, std::move(literal), std::nullopt});
    literal.clear();
  };
  while (!text.empty()) {
    if (text.starts_with("$${")) {
      literal += "${";
      text.remove_prefix(3);
      continue;
    }
    if (const size_t end = text.starts_with("${") ? text.find('}') : std::string_view::npos;
        end != std::string_view::npos) {
      if (auto part = parse_placeholder(text.substr(2, end - 2))) {
        flush();
        parts.push_back(std::move(*part));
        text.remove_prefix(end + 1);
        continue;
      }
    }
    literal += text.front();
    text.remove_prefix(1);
  }
  flush();
  return parts;
}

// A default that is a boolean or number says that the value is one too.
Value as_typed(const std::string& text, const std::optional<std::string>& fallback) {
  if (!fallback) return Value(text);
  const Value model = resolve_scalar(*fallback);
  Value value = resolve_scalar(text);
  if ((model.is_bool() && value.is_bool()) || (model.is_number() && value.is_number())) return value;
  return Value(text);
}

}  // namespace

Result<Resolved> resolve_placeholders(std::string_view text, std::string_view home,
                                      const VariableLookup& lookup) {
  Resolved resolved;
  const std::vector<Part> parts = split(text);
  for (const Part& part : parts) {
    if (part.kind == Part::Kind::text) {
      resolved.text += part.text;
      continue;
    }
    std::optional<std::string> value = lookup ? lookup(part.text, home) : std::nullopt;
    if (value && value->empty()) value.reset();
    if (!value) value = part.fallback;
    if (!value) return fail(kind::invalid, "variable " + part.text + " is not set");
    resolved.text += *value;
    if (parts.size() == 1) {
      resolved.whole = true;
      resolved.typed = as_typed(*value, part.fallback);
    }
  }
  if (!resolved.whole) resolved.typed = Value(resolved.text);
  return resolved;
}

std::vector<std::string> placeholder_names(std::string_view text) {
  std::vector<std::string> names;
  if (!has_placeholder(text)) return names;
  for (const Part& part : split(text)) {
    if (part.kind == Part::Kind::variable) names.push_back(part.text);
  }
  return names;
}

}  // namespace trivium::app
