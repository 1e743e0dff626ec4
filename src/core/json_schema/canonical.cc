#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "core/json_schema/compiled.h"

namespace trivium::json {
namespace {

void append(std::string& out, const Value& value);

void append_text(std::string& out, const std::string& text) {
  out += std::to_string(text.size());
  out += '"';
  out += text;
}

void append_number(std::string& out, const Value& value) {
  constexpr double below = 9223372036854775808.0;  // 2^63
  const double number = value.number();
  if (value.is_int()) {
    out += std::to_string(value.as_int());
  } else if (number >= -below && number < below && std::trunc(number) == number) {
    out += std::to_string(static_cast<int64_t>(number));
  } else {
    std::array<char, 32> text{};
    out.append(text.data(), std::to_chars(text.data(), text.data() + text.size(), number).ptr);
  }
}

void append_object(std::string& out, const Object& object) {
  std::vector<const Object::Member*> members;
  members.reserve(object.size());
  for (const Object::Member& member : object) members.push_back(&member);
  std::sort(members.begin(), members.end(), [](const auto* a, const auto* b) { return a->first < b->first; });
  out += '{';
  for (const Object::Member* member : members) {
    append_text(out, member->first);
    append(out, member->second);
    out += ',';
  }
  out += '}';
}

void append(std::string& out, const Value& value) {
  if (value.is_nil()) {
    out += 'n';
  } else if (value.is_bool()) {
    out += value.as_bool() ? 't' : 'f';
  } else if (value.is_string()) {
    append_text(out, value.as_string());
  } else if (value.is_array()) {
    out += '[';
    for (const Value& element : value.as_array()) {
      append(out, element);
      out += ',';
    }
    out += ']';
  } else if (value.is_object()) {
    append_object(out, value.as_object());
  } else {
    append_number(out, value);
  }
}

}  // namespace

std::string canonical(const Value& value) {
  std::string out;
  append(out, value);
  return out;
}

}  // namespace trivium::json
