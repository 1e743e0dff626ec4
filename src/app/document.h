// YAML and JSON files as trees that remember where everything was written.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/value.h"

namespace trivium::app {

struct Mark {
  int line = 0;    // from 1
  int column = 0;  // from 1
};

struct Node {
  enum class Type { scalar, list, map };
  struct Member;

  Type type = Type::scalar;
  Mark mark;
  Value scalar;                 // nil, boolean, integer, number or string
  std::vector<Node> items;      // of a list
  std::vector<Member> members;  // of a map, in written order, keys unique

  const Member* find(std::string_view key) const;
  bool is_map() const { return type == Type::map; }
  bool is_list() const { return type == Type::list; }
  bool is_null() const { return type == Type::scalar && scalar.is_nil(); }
  bool is_string() const { return type == Type::scalar && scalar.is_string(); }
  // "map", "list", "string", "integer", …
  std::string_view type_name() const;
  Value to_value() const;
};

struct Node::Member {
  std::string key;
  Mark mark;  // of the key
  Node value;
};

struct Flaw {
  Mark mark;
  std::string message;
  std::string hint;
};

struct Document {
  Node root;
  std::vector<Flaw> flaws;
  // False when the text is no YAML or JSON at all: then `root` is null and `flaws` says why.
  bool readable = true;
};

// Only the first document of a stream counts. Scalars follow app/scalar.h.
Document parse_yaml(std::string_view text);
Document parse_json(std::string_view text);

}  // namespace trivium::app
