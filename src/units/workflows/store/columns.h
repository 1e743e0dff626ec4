// Columns that hold a JSON object.
#pragma once

#include <string>
#include <utility>

#include "core/json.h"

namespace trivium::units::workflows {

inline std::string json_text_of(const Object& attributes) { return json::encode(attributes).value_or("{}"); }

// Empty, if the text is no object.
inline Object object_of(const std::string& text) {
  Value value = json::decode(text).value_or(Object());
  return value.is_object() ? std::move(value.as_object()) : Object();
}

}  // namespace trivium::units::workflows
