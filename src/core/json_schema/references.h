// Where $ref leads within one document.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "core/value.h"

namespace trivium::json {

// Calls visit(child, key) for every subschema directly within a schema; `key` is the keyword it stands under.
template <class Visit>
void each_subschema(const Object& schema, const Visit& visit) {
  constexpr std::string_view one[] = {"additionalProperties",
                                      "additionalItems",
                                      "contains",
                                      "propertyNames",
                                      "not",
                                      "if",
                                      "then",
                                      "else",
                                      "unevaluatedItems",
                                      "unevaluatedProperties",
                                      "contentSchema",
                                      "items"};
  constexpr std::string_view list[] = {"allOf", "anyOf", "oneOf", "prefixItems", "items"};
  constexpr std::string_view map[] = {"properties", "patternProperties", "dependentSchemas",
                                      "$defs",      "definitions",       "dependencies"};
  for (const auto& [key, value] : schema) {
    const auto among = [&key = key](const auto& keys) {
      for (const std::string_view known : keys) {
        if (known == key) return true;
      }
      return false;
    };
    if (value.is_object() && among(one)) visit(value);
    if (value.is_array() && among(list)) {
      for (const Value& element : value.as_array()) visit(element);
    }
    if (value.is_object() && among(map)) {
      for (const auto& [name, member] : value.as_object()) visit(member);
    }
  }
}

// Knows the identifiers and anchors of a document, which must outlive it.
class References {
 public:
  explicit References(const Value& document);

  // The schema that `reference`, a value of $ref within `from`, means; null when there is none.
  const Value* find(const Value& from, std::string_view reference);

 private:
  void index(const Value& schema, std::string base);
  const Value* follow(const Value& from, const std::string& base, std::string_view pointer);

  std::unordered_map<const Value*, std::string> bases_;
  std::unordered_map<std::string, const Value*> resources_;
  std::unordered_map<std::string, const Value*> anchors_;  // resource#name
};

}  // namespace trivium::json
