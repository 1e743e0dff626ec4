// A schema as it is checked: one node for each subschema.
#pragma once

#include <re2/re2.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/value.h"

namespace trivium::json {

enum Type : uint8_t {
  null_type = 1,
  boolean_type = 2,
  integer_type = 4,
  number_type = 8,
  string_type = 16,
  array_type = 32,
  object_type = 64,
  any_type = 127,
};

// Numbers, strings, lists and maps that JSON calls equal have the same text, others do not.
std::string canonical(const Value& value);

struct Node {
  using Nodes = std::vector<const Node*>;
  using Names = std::vector<std::string>;
  using Pattern = std::shared_ptr<const re2::RE2>;
  static constexpr size_t unlimited = SIZE_MAX;

  bool never = false;  // the schema `false`
  uint8_t types = any_type;
  std::optional<Names> values;  // enum and const, canonical
  Nodes references;

  // Numbers.
  std::optional<Value> multiple_of;
  std::optional<Value> minimum, maximum, above, below;

  // Strings, in characters.
  size_t min_length = 0, max_length = unlimited;
  Pattern pattern;

  // Lists.
  Nodes prefix;
  const Node* items = nullptr;  // those behind the prefix
  const Node* contains = nullptr;
  size_t min_contains = 1, max_contains = unlimited;
  size_t min_items = 0, max_items = unlimited;
  bool unique = false;
  const Node* unevaluated_items = nullptr;

  // Maps.
  std::vector<std::pair<std::string, const Node*>> properties;
  std::vector<std::pair<Pattern, const Node*>> patterns;
  const Node* additional = nullptr;
  const Node* names = nullptr;
  Names required;
  size_t min_properties = 0, max_properties = unlimited;
  std::vector<std::pair<std::string, Names>> dependent_required;
  std::vector<std::pair<std::string, const Node*>> dependent_schemas;
  const Node* unevaluated_properties = nullptr;

  // All kinds.
  Nodes all_of, any_of, one_of;
  const Node* negated = nullptr;
  const Node* condition = nullptr;
  const Node* then = nullptr;
  const Node* otherwise = nullptr;
};

struct CompiledSchema {
  std::deque<Node> nodes;  // the root first; a deque, because nodes know one another by address
  bool uses_unevaluated = false;
};

}  // namespace trivium::json
