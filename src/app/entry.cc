#include "app/entry.h"

#include <algorithm>

namespace trivium::app {
namespace {

// "a.b[2]" -> "a.b" -> "a" -> "".
std::string_view enclosing(std::string_view field) {
  const size_t cut = field.find_last_of(".[");
  return cut == std::string_view::npos ? std::string_view() : field.substr(0, cut);
}

bool inside(std::string_view field, std::string_view outer) {
  return field.starts_with(outer) &&
         (field.size() == outer.size() || field[outer.size()] == '.' || field[outer.size()] == '[');
}

std::string_view without_data(std::string_view field) {
  if (field.starts_with("data.")) field.remove_prefix(5);
  return field;
}

}  // namespace

Place Origin::place(std::string_view field) const {
  field = without_data(field);
  for (std::string_view at = field; !at.empty(); at = enclosing(at)) {
    if (auto found = replaced_.find(at); found != replaced_.end()) return found->second;
    if (auto found = fields_.find(at); found != fields_.end()) {
      return {entry_.file, found->second.line, found->second.column};
    }
  }
  return entry_;
}

std::optional<std::string> Origin::included_from(std::string_view field) const {
  auto found = included_.find(without_data(field));
  if (found == included_.end()) return std::nullopt;
  return found->second;
}

void Origin::mark(std::string_view field, int line, int column) {
  fields_.insert_or_assign(std::string(field), Position{line, column});
}

void Origin::include(std::string_view field, std::string path) {
  included_.insert_or_assign(std::string(field), std::move(path));
}

void Origin::replace(std::string_view field, Place place) {
  field = without_data(field);
  std::erase_if(fields_, [&](const auto& item) { return inside(item.first, field); });
  std::erase_if(included_, [&](const auto& item) { return inside(item.first, field); });
  std::erase_if(replaced_, [&](const auto& item) { return inside(item.first, field); });
  replaced_.emplace(std::string(field), std::move(place));
}

const Value* Entry::field(std::string_view path) const {
  const Value* found = nullptr;
  if (path == "meta") {
    found = &meta;
  } else if (path.starts_with("meta.")) {
    found = meta.find_path(path.substr(5));
  } else if (path == "data") {
    found = &data;
  } else {
    found = data.find_path(without_data(path));
  }
  return found != nullptr && found->is_nil() ? nullptr : found;
}

Place Entry::place(std::string_view path) const { return origin ? origin->place(path) : Place(); }

Problem Entry::problem(std::string_view path, std::string message, std::string hint) const {
  return {place(path), id.text(), std::string(path), std::move(message), std::move(hint)};
}

}  // namespace trivium::app
