// Plain data: what YAML, JSON, options and context values are made of. Lua values that need more
// than this (cycles, any key type, error objects) travel as Values (core/wire.h).
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace trivium {

class Value;

using Array = std::vector<Value>;

// String-keyed map that keeps insertion order. Lookup is linear: maps here are small.
class Object {
 public:
  using Member = std::pair<std::string, Value>;
  using Members = std::vector<Member>;

  Object() = default;
  Object(std::initializer_list<Member> members);

  const Value* find(std::string_view key) const;
  Value* find(std::string_view key);
  // Replaces the value of `key` or appends it.
  Value& set(std::string_view key, Value value);
  // The value of `key`, appended as nil when absent.
  Value& operator[](std::string_view key);
  // Appends a member whose key the caller knows to be new.
  Value& append(std::string key, Value value);
  bool erase(std::string_view key);
  bool empty() const;
  size_t size() const;

  Members::const_iterator begin() const;
  Members::const_iterator end() const;
  Members::iterator begin();
  Members::iterator end();

  bool operator==(const Object&) const;

 private:
  Members members_;
};

class Value {
 public:
  Value() = default;
  Value(std::nullptr_t) {}
  Value(bool b) : data_(b) {}
  Value(int64_t i) : data_(i) {}
  Value(int i) : data_(static_cast<int64_t>(i)) {}
  Value(double d) : data_(d) {}
  Value(std::string s) : data_(std::move(s)) {}
  Value(std::string_view s) : data_(std::string(s)) {}
  Value(const char* s) : data_(std::string(s)) {}
  Value(Array a) : data_(std::move(a)) {}
  Value(Object o) : data_(std::move(o)) {}

  bool is_nil() const { return std::holds_alternative<std::monostate>(data_); }
  bool is_bool() const { return std::holds_alternative<bool>(data_); }
  bool is_int() const { return std::holds_alternative<int64_t>(data_); }
  bool is_double() const { return std::holds_alternative<double>(data_); }
  bool is_number() const { return is_int() || is_double(); }
  bool is_string() const { return std::holds_alternative<std::string>(data_); }
  bool is_array() const { return std::holds_alternative<Array>(data_); }
  bool is_object() const { return std::holds_alternative<Object>(data_); }

  // Unchecked accessors: the caller has tested the type.
  bool as_bool() const { return std::get<bool>(data_); }
  int64_t as_int() const { return std::get<int64_t>(data_); }
  double as_double() const { return std::get<double>(data_); }
  const std::string& as_string() const { return std::get<std::string>(data_); }
  const Array& as_array() const { return std::get<Array>(data_); }
  Array& as_array() { return std::get<Array>(data_); }
  const Object& as_object() const { return std::get<Object>(data_); }
  Object& as_object() { return std::get<Object>(data_); }

  // Either number subtype as a double; 0 for anything else.
  double number() const { return is_int() ? static_cast<double>(as_int()) : is_double() ? as_double() : 0; }

  // Member of an object, or null when this is no object or has no such member.
  const Value* find(std::string_view key) const { return is_object() ? as_object().find(key) : nullptr; }
  // Follows a dotted path ("lifecycle.restart.max_attempts", "children[1].host").
  const Value* find_path(std::string_view dotted) const;

  // Name of the type as messages show it: nil, boolean, integer, number, string, list, map.
  std::string_view type_name() const;

  bool operator==(const Value&) const;

  const auto& variant() const { return data_; }

 private:
  std::variant<std::monostate, bool, int64_t, double, std::string, Array, Object> data_;
};

// Below Value, because a vector of something incomplete can be held but not looked into.
inline bool Object::empty() const { return members_.empty(); }
inline size_t Object::size() const { return members_.size(); }
inline Object::Members::const_iterator Object::begin() const { return members_.begin(); }
inline Object::Members::const_iterator Object::end() const { return members_.end(); }
inline Object::Members::iterator Object::begin() { return members_.begin(); }
inline Object::Members::iterator Object::end() { return members_.end(); }

}  // namespace trivium
