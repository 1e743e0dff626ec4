#include "app/override.h"

#include <algorithm>

namespace trivium::app {
namespace {

std::string_view trim(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::string printed(const Value& value) {
  if (value.is_string()) return value.as_string();
  if (value.is_int()) return std::to_string(value.as_int());
  if (value.is_bool()) return value.as_bool() ? "true" : "false";
  if (value.is_double()) return std::to_string(value.as_double());
  return {};
}

Result<> append(Value& slot, std::string_view path, const Value& value) {
  if (slot.is_nil()) slot = Array();
  if (!slot.is_array()) {
    return fail(kind::invalid,
                std::string(path) + " is " + with_article(slot.type_name()) + ", += needs a list");
  }
  Array& items = slot.as_array();
  const bool present = std::any_of(items.begin(), items.end(), [&](const Value& item) {
    return item == value || (!printed(item).empty() && printed(item) == printed(value));
  });
  if (!present) items.push_back(value);
  return {};
}

}  // namespace

Result<Override> parse_override_key(std::string_view key) {
  const size_t first = key.find(':');
  const size_t second = first == std::string_view::npos ? first : key.find(':', first + 1);
  if (second == std::string_view::npos) {
    return fail(kind::invalid, "invalid key \"" + std::string(key) + "\": write namespace:entry:field");
  }
  Override parsed{
      {std::string(trim(key.substr(0, first))), std::string(trim(key.substr(first + 1, second - first - 1)))},
      std::string(trim(key.substr(second + 1))),
      Value(),
      Place()};
  if (!parsed.id.qualified() || parsed.path.empty()) {
    return fail(kind::invalid,
                "invalid key \"" + std::string(key) + "\": namespace, entry and field must not be empty");
  }
  return parsed;
}

Result<> set_at(Entry& entry, std::string_view path, const Value& value) {
  const std::string whole(path);
  if (path.starts_with('.')) path.remove_prefix(1);
  const bool appending = path.ends_with("+=");
  if (appending) path.remove_suffix(2);
  Value* at = &entry.data;
  const std::string_view head = path.substr(0, path.find('.'));
  if (head == "data" || head == "meta") {
    if (head == "meta") at = &entry.meta;
    path.remove_prefix(std::min(path.size(), head.size() + 1));
  }
  if (path.empty()) return fail(kind::invalid, "\"" + whole + "\" names no field");
  while (!path.empty()) {
    const size_t dot = path.find('.');
    const std::string_view key = path.substr(0, dot);
    if (key.empty()) return fail(kind::invalid, "\"" + whole + "\" has an empty part");
    if (!at->is_object()) *at = Object();
    at = &at->as_object()[key];
    path = dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
  }
  if (appending) return append(*at, whole, value);
  *at = value;
  return {};
}

Result<> apply_override(Entry& entry, const Override& override) {
  std::string_view path = override.path;
  if (path.starts_with('.')) path.remove_prefix(1);
  if (path == "kind") {
    if (!override.value.is_string() || trim(override.value.as_string()).empty()) {
      return fail(kind::invalid, "kind must be a non-empty string");
    }
    entry.kind = override.value.as_string();
  } else if (auto set = set_at(entry, path, override.value); !set) {
    return set;
  }
  auto origin = std::make_shared<Origin>(entry.origin ? *entry.origin : Origin(override.place));
  origin->replace(path, override.place);
  entry.origin = std::move(origin);
  return {};
}

}  // namespace trivium::app
