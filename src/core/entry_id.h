#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace trivium {

// namespace:name, split at the first colon. Without a colon the namespace is empty.
struct EntryId {
  std::string ns;
  std::string name;

  static EntryId parse(std::string_view text) {
    const size_t colon = text.find(':');
    if (colon == std::string_view::npos) return {std::string(), std::string(text)};
    return {std::string(text.substr(0, colon)), std::string(text.substr(colon + 1))};
  }
  // A reference without a namespace means the namespace of the entry that contains it.
  static EntryId resolve(std::string_view text, std::string_view home) {
    EntryId id = parse(text);
    if (id.ns.empty()) id.ns = home;
    return id;
  }

  std::string text() const { return ns + ":" + name; }
  bool qualified() const { return !ns.empty() && !name.empty(); }

  auto operator<=>(const EntryId&) const = default;
};

}  // namespace trivium

template <>
struct std::hash<trivium::EntryId> {
  size_t operator()(const trivium::EntryId& id) const noexcept {
    return std::hash<std::string>()(id.ns) * 31 + std::hash<std::string>()(id.name);
  }
};
