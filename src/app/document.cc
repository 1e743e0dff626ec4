#include "app/document.h"

namespace trivium::app {

const Node::Member* Node::find(std::string_view key) const {
  for (const Member& member : members) {
    if (member.key == key) return &member;
  }
  return nullptr;
}

std::string_view Node::type_name() const {
  switch (type) {
    case Type::list:
      return "list";
    case Type::map:
      return "map";
    case Type::scalar:
      break;
  }
  return scalar.is_nil() ? "null" : scalar.type_name();
}

Value Node::to_value() const {
  switch (type) {
    case Type::list: {
      Array array;
      array.reserve(items.size());
      for (const Node& item : items) array.push_back(item.to_value());
      return array;
    }
    case Type::map: {
      Object object;
      for (const Member& member : members) object.set(member.key, member.value.to_value());
      return object;
    }
    case Type::scalar:
      break;
  }
  return scalar;
}

}  // namespace trivium::app
