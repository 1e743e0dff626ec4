#include "core/value.h"

#include <charconv>

namespace trivium {

Object::Object(std::initializer_list<Member> members) {
  for (const auto& [key, value] : members) set(key, value);
}

const Value* Object::find(std::string_view key) const {
  for (const auto& [name, value] : members_) {
    if (name == key) return &value;
  }
  return nullptr;
}

Value* Object::find(std::string_view key) { return const_cast<Value*>(std::as_const(*this).find(key)); }

Value& Object::set(std::string_view key, Value value) {
  Value& slot = (*this)[key];
  slot = std::move(value);
  return slot;
}

Value& Object::operator[](std::string_view key) {
  if (Value* existing = find(key)) return *existing;
  return members_.emplace_back(std::string(key), Value()).second;
}

Value& Object::append(std::string key, Value value) {
  return members_.emplace_back(std::move(key), std::move(value)).second;
}

bool Object::erase(std::string_view key) {
  return std::erase_if(members_, [&](const Member& member) { return member.first == key; }) > 0;
}

bool Object::operator==(const Object& other) const {
  if (size() != other.size()) return false;
  for (const auto& [key, value] : members_) {
    const Value* theirs = other.find(key);
    if (theirs == nullptr || !(*theirs == value)) return false;
  }
  return true;
}

bool Value::operator==(const Value& other) const {
  if (is_number() && other.is_number()) {
    return is_int() && other.is_int() ? as_int() == other.as_int() : number() == other.number();
  }
  return data_ == other.data_;
}

// "children", or "children[1]" for an item of a list.
static const Value* item_of(const Value& map, std::string_view part) {
  if (const Value* whole = map.find(part)) return whole;
  const size_t bracket = part.find('[');
  if (bracket == std::string_view::npos || !part.ends_with(']')) return nullptr;
  const Value* list = map.find(part.substr(0, bracket));
  size_t index = 0;
  const char* end = part.data() + part.size() - 1;
  const auto read = std::from_chars(part.data() + bracket + 1, end, index);
  if (list == nullptr || !list->is_array() || read.ec != std::errc() || read.ptr != end) return nullptr;
  return index < list->as_array().size() ? &list->as_array()[index] : nullptr;
}

const Value* Value::find_path(std::string_view dotted) const {
  const Value* at = this;
  while (at != nullptr && !dotted.empty()) {
    const size_t dot = dotted.find('.');
    at = item_of(*at, dotted.substr(0, dot));
    dotted = dot == std::string_view::npos ? std::string_view() : dotted.substr(dot + 1);
  }
  return at;
}

std::string_view Value::type_name() const {
  static constexpr std::string_view names[] = {"nil",    "boolean", "integer", "number",
                                               "string", "list",    "map"};
  return names[data_.index()];
}

}  // namespace trivium
