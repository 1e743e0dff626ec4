#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <utility>

#include "core/json_schema/compiled.h"
#include "core/json_schema/references.h"
#include "core/json_schema/schema.h"

namespace trivium::json {
namespace {

// \uXXXX is all that common patterns have and RE2 has not.
std::string re2_syntax(const std::string& pattern) {
  std::string out;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '\\' || i + 1 == pattern.size()) {
      out += pattern[i];
    } else if (pattern[i + 1] == 'u' && i + 5 < pattern.size()) {
      out += "\\x{" + pattern.substr(i + 2, 4) + "}";
      i += 5;
    } else {
      out += pattern.substr(i++, 2);
    }
  }
  return out;
}

uint8_t type_named(const std::string& name) {
  static constexpr std::pair<std::string_view, uint8_t> types[] = {
      {"null", null_type},     {"boolean", boolean_type}, {"integer", integer_type}, {"number", number_type},
      {"string", string_type}, {"array", array_type},     {"object", object_type}};
  for (const auto& [known, type] : types) {
    if (known == name) return type;
  }
  return 0;
}

// The empty table of a language in which it is list and map.
bool is_empty_list(const Value& value) { return value.is_array() && value.as_array().empty(); }

class Compiler {
 public:
  explicit Compiler(const Value& document) : references_(document) {}

  Result<std::shared_ptr<const CompiledSchema>> compile(const Value& document) {
    node(document, "#");
    while (!pending_.empty() && problem_.empty()) {
      const Pending next = std::move(pending_.back());
      pending_.pop_back();
      fill(*next.node, *next.schema, next.place);
    }
    if (!problem_.empty()) return fail(kind::invalid, problem_);
    return std::shared_ptr<const CompiledSchema>(std::move(compiled_));
  }

 private:
  struct Pending {
    Node* node;
    const Value* schema;
    std::string place;
  };
  // What a keyword is read with: where its schema is, for messages.
  struct Keyword {
    const Value& schema;
    std::string place;
    const Value& value;
  };

  void problem(const std::string& place, const std::string& text) {
    if (problem_.empty()) problem_ = "schema " + place + ": " + text;
  }

  const Node* node(const Value& schema, const std::string& place) {
    Node*& known = nodes_[&schema];
    if (known == nullptr) {
      known = &compiled_->nodes.emplace_back();
      pending_.push_back({known, &schema, place});
    }
    return known;
  }
  const Node* node(const Keyword& at) { return node(at.value, at.place); }

  Node::Nodes list(const Keyword& at) {
    Node::Nodes nodes;
    if (!at.value.is_array()) {
      problem(at.place, "must be a list of schemas");
      return nodes;
    }
    for (const Value& element : at.value.as_array())
      nodes.push_back(node(element, at.place + "/" + std::to_string(nodes.size())));
    return nodes;
  }

  const Object& members(const Keyword& at) {
    static const Object none;
    if (at.value.is_object()) return at.value.as_object();
    if (!is_empty_list(at.value)) problem(at.place, "must be a map");
    return none;
  }

  std::vector<std::pair<std::string, const Node*>> map(const Keyword& at) {
    std::vector<std::pair<std::string, const Node*>> nodes;
    for (const auto& [name, schema] : members(at))
      nodes.emplace_back(name, node(schema, at.place + "/" + name));
    return nodes;
  }

  Node::Names names(const Keyword& at) {
    Node::Names names;
    if (!at.value.is_array()) problem(at.place, "must be a list of names");
    for (const Value& name : at.value.is_array() ? at.value.as_array() : Array()) {
      if (name.is_string()) {
        names.push_back(name.as_string());
      } else {
        problem(at.place, "must be a list of names");
      }
    }
    return names;
  }

  size_t count(const Keyword& at) {
    const double number = at.value.number();
    if (at.value.is_number() && number >= 0 && number < 1e15 && std::trunc(number) == number)
      return static_cast<size_t>(number);
    problem(at.place, "must be a whole number that is not negative");
    return 0;
  }

  std::optional<Value> number(const Keyword& at) {
    if (!at.value.is_number()) problem(at.place, "must be a number");
    return at.value;
  }

  Node::Pattern pattern(const std::string& place, const Value& text) {
    if (!text.is_string()) {
      problem(place, "must be a pattern");
      return nullptr;
    }
    re2::RE2::Options options;
    options.set_log_errors(false);
    auto pattern = std::make_shared<const re2::RE2>(re2_syntax(text.as_string()), options);
    if (!pattern->ok()) problem(place, "the pattern cannot be used: " + pattern->error());
    return pattern;
  }

  void types(Node& node, const Keyword& at) {
    node.types = 0;
    const Array all = at.value.is_array() ? at.value.as_array() : Array{at.value};
    for (const Value& name : all) {
      const uint8_t type = name.is_string() ? type_named(name.as_string()) : 0;
      if (type == 0) problem(at.place, "must name types");
      node.types |= type;
    }
  }

  void values(Node& node, const Array& values) {
    Node::Names texts;
    texts.reserve(values.size());
    for (const Value& value : values) texts.push_back(canonical(value));
    if (!node.values) {
      node.values = std::move(texts);
      return;
    }
    std::erase_if(*node.values, [&](const std::string& text) {
      return std::find(texts.begin(), texts.end(), text) == texts.end();
    });
  }

  void reference(Node& node, const Keyword& at) {
    const Value* target = at.value.is_string() ? references_.find(at.schema, at.value.as_string()) : nullptr;
    if (target == nullptr) {
      problem(at.place, at.value.is_string() ? "there is no " + at.value.as_string() + " in this document"
                                             : "must be a reference");
      return;
    }
    node.references.push_back(this->node(*target, at.place));
  }

  // Exclusive by itself, or, as it was once, a flag beside the limit.
  void exclusive(const Keyword& at, std::optional<Value>& limit, std::optional<Value>& exclusive) {
    if (!at.value.is_bool()) {
      exclusive = number(at);
    } else if (at.value.as_bool()) {
      exclusive = std::exchange(limit, std::nullopt);
    }
  }

  void dependencies(Node& node, const Keyword& at) {
    for (const auto& [name, needed] : members(at)) {
      const Keyword member{at.schema, at.place + "/" + name, needed};
      if (needed.is_array()) {
        node.dependent_required.emplace_back(name, names(member));
      } else {
        node.dependent_schemas.emplace_back(name, this->node(member));
      }
    }
  }

  void fill(Node& node, const Value& schema, const std::string& place);

  using Reader = void (*)(Compiler&, Node&, const Keyword&);
  static const std::vector<std::pair<std::string_view, Reader>>& keywords();

  References references_;
  std::shared_ptr<CompiledSchema> compiled_ = std::make_shared<CompiledSchema>();
  std::unordered_map<const Value*, Node*> nodes_;
  std::vector<Pending> pending_;
  std::string problem_;
};

// In the order in which they are read: a flag comes after what it changes.
const std::vector<std::pair<std::string_view, Compiler::Reader>>& Compiler::keywords() {
  using C = Compiler;
  using N = Node;
  using K = Keyword;
  static const std::vector<std::pair<std::string_view, Reader>> all = {
      {"$ref", [](C& c, N& n, const K& k) { c.reference(n, k); }},
      {"$dynamicRef", [](C& c, N& n, const K& k) { c.reference(n, k); }},
      {"$recursiveRef", [](C& c, N& n, const K& k) { c.reference(n, k); }},
      {"type", [](C& c, N& n, const K& k) { c.types(n, k); }},
      {"const", [](C& c, N& n, const K& k) { c.values(n, {k.value}); }},
      {"enum",
       [](C& c, N& n, const K& k) {
         if (!k.value.is_array()) c.problem(k.place, "must be a list");
         c.values(n, k.value.is_array() ? k.value.as_array() : Array());
       }},
      {"multipleOf",
       [](C& c, N& n, const K& k) {
         if (k.value.number() <= 0) c.problem(k.place, "must be a positive number");
         n.multiple_of = k.value;
       }},
      {"minimum", [](C& c, N& n, const K& k) { n.minimum = c.number(k); }},
      {"maximum", [](C& c, N& n, const K& k) { n.maximum = c.number(k); }},
      {"exclusiveMinimum", [](C& c, N& n, const K& k) { c.exclusive(k, n.minimum, n.above); }},
      {"exclusiveMaximum", [](C& c, N& n, const K& k) { c.exclusive(k, n.maximum, n.below); }},
      {"minLength", [](C& c, N& n, const K& k) { n.min_length = c.count(k); }},
      {"maxLength", [](C& c, N& n, const K& k) { n.max_length = c.count(k); }},
      {"pattern", [](C& c, N& n, const K& k) { n.pattern = c.pattern(k.place, k.value); }},
      {"prefixItems", [](C& c, N& n, const K& k) { n.prefix = c.list(k); }},
      {"items",
       [](C& c, N& n, const K& k) {
         if (k.value.is_array()) {
           n.prefix = c.list(k);
         } else {
           n.items = c.node(k);
         }
       }},
      {"additionalItems",
       [](C& c, N& n, const K& k) {
         const Value* items = k.schema.find("items");
         if (items != nullptr && items->is_array()) n.items = c.node(k);
       }},
      {"contains", [](C& c, N& n, const K& k) { n.contains = c.node(k); }},
      {"minContains", [](C& c, N& n, const K& k) { n.min_contains = c.count(k); }},
      {"maxContains", [](C& c, N& n, const K& k) { n.max_contains = c.count(k); }},
      {"minItems", [](C& c, N& n, const K& k) { n.min_items = c.count(k); }},
      {"maxItems", [](C& c, N& n, const K& k) { n.max_items = c.count(k); }},
      {"uniqueItems",
       [](C& c, N& n, const K& k) {
         if (!k.value.is_bool()) c.problem(k.place, "must be true or false");
         n.unique = k.value == Value(true);
       }},
      {"unevaluatedItems", [](C& c, N& n, const K& k) { n.unevaluated_items = c.node(k); }},
      {"properties", [](C& c, N& n, const K& k) { n.properties = c.map(k); }},
      {"patternProperties",
       [](C& c, N& n, const K& k) {
         for (const auto& [text, schema] : c.members(k)) {
           const std::string place = k.place + "/" + text;
           n.patterns.emplace_back(c.pattern(place, Value(text)), c.node(schema, place));
         }
       }},
      {"additionalProperties", [](C& c, N& n, const K& k) { n.additional = c.node(k); }},
      {"propertyNames", [](C& c, N& n, const K& k) { n.names = c.node(k); }},
      {"required",
       [](C& c, N& n, const K& k) {
         // Once a flag of the member itself: it says nothing about this schema.
         if (!k.value.is_bool()) n.required = c.names(k);
       }},
      {"minProperties", [](C& c, N& n, const K& k) { n.min_properties = c.count(k); }},
      {"maxProperties", [](C& c, N& n, const K& k) { n.max_properties = c.count(k); }},
      {"dependentRequired", [](C& c, N& n, const K& k) { c.dependencies(n, k); }},
      {"dependentSchemas", [](C& c, N& n, const K& k) { c.dependencies(n, k); }},
      {"dependencies", [](C& c, N& n, const K& k) { c.dependencies(n, k); }},
      {"unevaluatedProperties", [](C& c, N& n, const K& k) { n.unevaluated_properties = c.node(k); }},
      {"allOf", [](C& c, N& n, const K& k) { n.all_of = c.list(k); }},
      {"anyOf", [](C& c, N& n, const K& k) { n.any_of = c.list(k); }},
      {"oneOf", [](C& c, N& n, const K& k) { n.one_of = c.list(k); }},
      {"not", [](C& c, N& n, const K& k) { n.negated = c.node(k); }},
      {"if", [](C& c, N& n, const K& k) { n.condition = c.node(k); }},
      {"then", [](C& c, N& n, const K& k) { n.then = c.node(k); }},
      {"else", [](C& c, N& n, const K& k) { n.otherwise = c.node(k); }},
  };
  return all;
}

void Compiler::fill(Node& node, const Value& schema, const std::string& place) {
  if (schema.is_bool()) {
    node.never = !schema.as_bool();
    return;
  }
  if (is_empty_list(schema)) return;
  if (!schema.is_object()) {
    problem(place, "a schema must be a map, true or false");
    return;
  }
  for (const auto& [name, read] : keywords()) {
    if (const Value* value = schema.find(name))
      read(*this, node, {schema, place + "/" + std::string(name), *value});
  }
  if (node.unevaluated_items != nullptr || node.unevaluated_properties != nullptr)
    compiled_->uses_unevaluated = true;
}

}  // namespace

Result<Schema> Schema::compile(const Value& definition) {
  auto compiled = Compiler(definition).compile(definition);
  if (!compiled) return fail(std::move(compiled.error()));
  return Schema(std::move(*compiled));
}

}  // namespace trivium::json
