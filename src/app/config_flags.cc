#include "app/config_flags.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace trivium::app {
namespace {

std::string_view trim(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::optional<int64_t> integer(std::string_view text) {
  int64_t value = 0;
  const char* end = text.data() + text.size();
  auto [stop, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || stop != end || error != std::errc()) return std::nullopt;
  return value;
}

std::optional<double> decimal(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const char* end = text.data() + text.size();
  auto [stop, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || stop != end || error != std::errc()) return std::nullopt;
  return value;
}

Value set_value(std::string_view text) {
  if (text == "true") return Value(true);
  if (text == "false") return Value(false);
  const std::string_view unsigned_text = text.starts_with('+') ? text.substr(1) : text;
  if (auto value = integer(unsigned_text)) return Value(*value);
  if (auto value = decimal(text)) return Value(*value);
  return Value(text);
}

Value override_value(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  if (lower == "true") return Value(true);
  if (lower == "false") return Value(false);
  // Only what prints the same again: "007" and "+1" are texts.
  if (auto value = integer(text); value && std::to_string(*value) == text) return Value(*value);
  if (text.find_first_of(".eE") != std::string_view::npos) {
    if (auto value = decimal(text)) return Value(*value);
  }
  return Value(text);
}

}  // namespace

Result<SetFlag> parse_set(std::string_view text) {
  const auto invalid = [&](std::string_view why) {
    return fail(kind::invalid, "invalid --set \"" + std::string(text) + "\": " + std::string(why));
  };
  const size_t equals = text.find('=');
  if (equals == std::string_view::npos) return invalid("write section.key=value");
  const std::string_view path = trim(text.substr(0, equals));
  const size_t dot = path.find('.');
  if (dot == std::string_view::npos || dot == 0 || dot + 1 == path.size()) {
    return invalid("section and key must not be empty, write section.key=value");
  }
  return SetFlag{std::string(path.substr(0, dot)), std::string(path.substr(dot + 1)),
                 set_value(text.substr(equals + 1))};
}

Result<std::vector<std::string>> split_csv(std::string_view text) {
  std::vector<std::string> fields;
  size_t at = 0;
  while (true) {
    std::string field;
    if (at < text.size() && text[at] == '"') {
      ++at;
      bool closed = false;
      while (at < text.size()) {
        if (text[at] != '"') {
          field += text[at++];
        } else if (at + 1 < text.size() && text[at + 1] == '"') {
          field += '"';
          at += 2;
        } else {
          ++at;
          closed = true;
          break;
        }
      }
      if (!closed) return fail(kind::invalid, "a closing quote is missing");
      if (at < text.size() && text[at] != ',') return fail(kind::invalid, "text after a closing quote");
    } else {
      const size_t comma = std::min(text.find(',', at), text.size());
      field = text.substr(at, comma - at);
      at = comma;
    }
    fields.push_back(std::move(field));
    if (at >= text.size()) return fields;
    ++at;
  }
}

Result<std::vector<Override>> parse_overrides(std::string_view text) {
  const auto invalid = [](std::string_view item, std::string_view why) {
    return fail(kind::invalid, "invalid override: " + std::string(item) + ": " + std::string(why));
  };
  const auto items = split_csv(text);
  if (!items) return invalid(text, items.error().message);
  std::vector<Override> overrides;
  for (const std::string& item : *items) {
    const size_t equals = item.find('=');
    if (equals == std::string::npos) return invalid(item, "write namespace:entry:field=value");
    Result<Override> override = parse_override_key(trim(std::string_view(item).substr(0, equals)));
    if (!override) return invalid(item, override.error().message);
    const std::string_view value = trim(std::string_view(item).substr(equals + 1));
    if (value.empty()) return invalid(item, "the value is empty");
    override->value = override_value(value);
    override->place = Place{"-o " + item};
    overrides.push_back(std::move(*override));
  }
  return overrides;
}

}  // namespace trivium::app
