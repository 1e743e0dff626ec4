#include <algorithm>
#include <cmath>
#include <unordered_set>
#include <variant>

#include "core/json_schema/compiled.h"
#include "core/json_schema/schema.h"

namespace trivium::json {
namespace {

// Bounds of one check: nobody waits for a schema that refers to itself without end, or tries too much.
constexpr size_t max_steps = 2'000'000;
constexpr size_t max_nesting = 1000;

uint8_t type_of(const Value& value) {
  if (value.is_nil()) return null_type;
  if (value.is_bool()) return boolean_type;
  if (value.is_int()) return integer_type | number_type;
  if (value.is_string()) return string_type;
  if (value.is_array()) return array_type;
  if (value.is_object()) return object_type;
  const double number = value.as_double();
  return std::trunc(number) == number ? integer_type | number_type : number_type;
}

// An integer is a number as well.
uint8_t narrowest(uint8_t type) { return (type & integer_type) != 0 ? uint8_t{integer_type} : type; }

std::string names_of(uint8_t types) {
  static constexpr std::pair<uint8_t, std::string_view> names[] = {
      {null_type, "null"},       {boolean_type, "a boolean"}, {integer_type, "an integer"},
      {number_type, "a number"}, {string_type, "a string"},   {array_type, "a list"},
      {object_type, "a map"}};
  std::string text;
  for (const auto& [type, name] : names) {
    if ((types & type) != 0) text += (text.empty() ? "" : " or ") + std::string(name);
  }
  return text;
}

// Negative, zero or positive. Exact for integers beyond the precision of doubles.
int compare(const Value& a, const Value& b) {
  if (a.is_int() && b.is_int()) return a.as_int() < b.as_int() ? -1 : a.as_int() > b.as_int() ? 1 : 0;
  return a.number() < b.number() ? -1 : a.number() > b.number() ? 1 : 0;
}

bool is_multiple(const Value& value, const Value& of) {
  if (value.is_int() && of.is_int()) return value.as_int() % of.as_int() == 0;
  const double quotient = value.number() / of.number();
  return std::abs(quotient - std::round(quotient)) <= 1e-9;
}

size_t characters(const std::string& text) {
  return static_cast<size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

// What some keyword of a schema, or of one that was applied to the same value, has looked at.
struct Evaluated {
  std::unordered_set<std::string_view> names;
  std::unordered_set<size_t> items;

  void add(const Evaluated& other) {
    names.insert(other.names.begin(), other.names.end());
    items.insert(other.items.begin(), other.items.end());
  }
};

class Checker {
 public:
  Checker(bool track, Schema::EmptyList empty) : track_(track), empty_(empty) {}

  std::optional<Mismatch> run(const Node& root, const Value& value) {
    Evaluated evaluated;
    const bool fits = check(root, value, evaluated);
    if (given_up_) return Mismatch{"", "cannot be held against the schema: that would take too long"};
    if (fits) return std::nullopt;
    return std::move(mismatch_);
  }

 private:
  using Step = std::variant<std::string_view, size_t>;

  bool fail(const std::string& problem) {
    if (silent_ == 0) mismatch_ = {path(), problem};
    return false;
  }

  std::string path() const {
    std::string text;
    for (const Step& step : path_) {
      if (const auto* name = std::get_if<std::string_view>(&step)) {
        text += (text.empty() ? "" : ".") + std::string(*name);
      } else {
        text += "[" + std::to_string(std::get<size_t>(step) + 1) + "]";
      }
    }
    return text;
  }

  bool check(const Node& node, const Value& value, Evaluated& evaluated) {
    if (given_up_ || ++steps_ > max_steps || nesting_ >= max_nesting) {
      given_up_ = true;
      return false;
    }
    ++nesting_;
    const bool fits = check_here(node, value, evaluated);
    --nesting_;
    return fits;
  }

  // A part of the value: a schema of its own, so what it looks at does not count here.
  bool check_part(const Node& node, const Value& part, Step step) {
    Evaluated inside;
    path_.push_back(step);
    const bool fits = check(node, part, inside);
    path_.pop_back();
    return fits;
  }

  // The same value against another schema.
  bool check_also(const Node& node, const Value& value, Evaluated& evaluated) {
    if (!track_) return check(node, value, evaluated);
    Evaluated more;
    if (!check(node, value, more)) return false;
    evaluated.add(more);
    return true;
  }

  // Without saying what is wrong.
  bool tries(const Node& node, const Value& value, Evaluated& evaluated) {
    ++silent_;
    const bool fits = check_also(node, value, evaluated);
    --silent_;
    return fits;
  }

  bool check_here(const Node& node, const Value& value, Evaluated& evaluated) {
    if (node.never) return fail("must not be there");
    static const Value no_map{Object()};
    const bool as_map = empty_ == Schema::EmptyList::may_be_a_map && value.is_array() &&
                        value.as_array().empty() && (node.types & array_type) == 0;
    const Value& seen = as_map ? no_map : value;
    const uint8_t type = type_of(seen);
    if ((node.types & type) == 0)
      return fail("must be " + names_of(node.types) + ", is " + names_of(narrowest(type)));
    if (node.values && !is_among(*node.values, seen)) return fail("is none of the values it may have");
    for (const Node* reference : node.references) {
      if (!check_also(*reference, seen, evaluated)) return false;
    }
    if (seen.is_number() && !check_number(node, seen)) return false;
    if (seen.is_string() && !check_string(node, seen.as_string())) return false;
    if (seen.is_array() && !check_array(node, seen.as_array(), evaluated)) return false;
    if (seen.is_object() && !check_object(node, seen, evaluated)) return false;
    return check_combined(node, seen, evaluated) && check_rest(node, seen, evaluated);
  }

  bool is_among(const Node::Names& values, const Value& value) const {
    const auto has = [&](const Value& wanted) {
      return std::find(values.begin(), values.end(), canonical(wanted)) != values.end();
    };
    if (has(value)) return true;
    return empty_ == Schema::EmptyList::may_be_a_map && value == Value(Array()) && has(Object());
  }

  bool check_number(const Node& node, const Value& value) {
    if (node.minimum && compare(value, *node.minimum) < 0)
      return fail("must be at least " + canonical(*node.minimum));
    if (node.maximum && compare(value, *node.maximum) > 0)
      return fail("must be at most " + canonical(*node.maximum));
    if (node.above && compare(value, *node.above) <= 0)
      return fail("must be more than " + canonical(*node.above));
    if (node.below && compare(value, *node.below) >= 0)
      return fail("must be less than " + canonical(*node.below));
    if (node.multiple_of && !is_multiple(value, *node.multiple_of))
      return fail("must be a multiple of " + canonical(*node.multiple_of));
    return true;
  }

  bool check_string(const Node& node, const std::string& value) {
    if (node.min_length > 0 || node.max_length != Node::unlimited) {
      const size_t length = characters(value);
      if (length < node.min_length)
        return fail("must have at least " + std::to_string(node.min_length) + " characters");
      if (length > node.max_length)
        return fail("must have at most " + std::to_string(node.max_length) + " characters");
    }
    if (node.pattern && !re2::RE2::PartialMatch(value, *node.pattern))
      return fail("must match the pattern " + node.pattern->pattern());
    return true;
  }

  bool check_array(const Node& node, const Array& value, Evaluated& evaluated) {
    if (value.size() < node.min_items)
      return fail("must have at least " + std::to_string(node.min_items) + " items");
    if (value.size() > node.max_items)
      return fail("must have at most " + std::to_string(node.max_items) + " items");
    if (node.unique) {
      std::unordered_set<std::string> seen;
      for (const Value& item : value) {
        if (!seen.insert(canonical(item)).second) return fail("must not have the same item twice");
      }
    }
    for (size_t i = 0; i < value.size(); ++i) {
      const Node* item = i < node.prefix.size() ? node.prefix[i] : node.items;
      if (item == nullptr) break;
      if (!check_part(*item, value[i], i)) return false;
      if (track_) evaluated.items.insert(i);
    }
    return node.contains == nullptr || check_contains(node, value, evaluated);
  }

  bool check_contains(const Node& node, const Array& value, Evaluated& evaluated) {
    size_t found = 0;
    ++silent_;
    for (size_t i = 0; i < value.size(); ++i) {
      if (!check_part(*node.contains, value[i], i)) continue;
      ++found;
      if (track_) evaluated.items.insert(i);
    }
    --silent_;
    if (found < node.min_contains) return fail("has too few items of a certain form");
    if (found > node.max_contains) return fail("has too many items of a certain form");
    return true;
  }

  bool check_object(const Node& node, const Value& value, Evaluated& evaluated) {
    const Object& members = value.as_object();
    if (members.size() < node.min_properties)
      return fail("must have at least " + std::to_string(node.min_properties) + " members");
    if (members.size() > node.max_properties)
      return fail("must have at most " + std::to_string(node.max_properties) + " members");
    for (const std::string& name : node.required) {
      if (members.find(name) == nullptr) return fail("lacks the member " + name);
    }
    for (const auto& [name, needed] : node.dependent_required) {
      if (members.find(name) == nullptr) continue;
      for (const std::string& other : needed) {
        if (members.find(other) == nullptr)
          return fail(
              std::string("has the member ").append(name).append(" and lacks the member ").append(other));
      }
    }
    for (const auto& [name, member] : members) {
      if (!check_member(node, name, member, evaluated)) return false;
    }
    return std::all_of(
        node.dependent_schemas.begin(), node.dependent_schemas.end(), [&](const auto& dependent) {
          return members.find(dependent.first) == nullptr || check_also(*dependent.second, value, evaluated);
        });
  }

  bool check_member(const Node& node, const std::string& name, const Value& member, Evaluated& evaluated) {
    if (node.names != nullptr && !check_part(*node.names, Value(name), std::string_view(name))) return false;
    bool known = false;
    for (const auto& [property, schema] : node.properties) {
      if (property != name) continue;
      known = true;
      if (!check_part(*schema, member, std::string_view(name))) return false;
    }
    for (const auto& [pattern, schema] : node.patterns) {
      if (!re2::RE2::PartialMatch(name, *pattern)) continue;
      known = true;
      if (!check_part(*schema, member, std::string_view(name))) return false;
    }
    if (!known && node.additional != nullptr) {
      known = true;
      if (!check_part(*node.additional, member, std::string_view(name))) return false;
    }
    if (known && track_) evaluated.names.insert(name);
    return true;
  }

  bool check_combined(const Node& node, const Value& value, Evaluated& evaluated) {
    for (const Node* part : node.all_of) {
      if (!check_also(*part, value, evaluated)) return false;
    }
    if (!node.any_of.empty() && !check_any(node, value, evaluated))
      return fail("fits none of the forms it may have");
    if (!node.one_of.empty()) {
      const auto fitting = std::count_if(node.one_of.begin(), node.one_of.end(),
                                         [&](const Node* form) { return tries(*form, value, evaluated); });
      if (fitting == 0) return fail("fits none of the forms it may have");
      if (fitting > 1) return fail("fits more than one of the forms it may have");
    }
    if (node.negated != nullptr) {
      Evaluated ignored;
      if (tries(*node.negated, value, ignored)) return fail("has a form it must not have");
    }
    if (node.condition == nullptr) return true;
    const Node* next = tries(*node.condition, value, evaluated) ? node.then : node.otherwise;
    return next == nullptr || check_also(*next, value, evaluated);
  }

  // All forms are tried when it counts what they look at.
  bool check_any(const Node& node, const Value& value, Evaluated& evaluated) {
    bool fits = false;
    for (const Node* form : node.any_of) {
      fits = tries(*form, value, evaluated) || fits;
      if (fits && !track_) break;
    }
    return fits;
  }

  bool check_rest(const Node& node, const Value& value, Evaluated& evaluated) {
    if (node.unevaluated_items != nullptr && value.is_array()) {
      const Array& items = value.as_array();
      for (size_t i = 0; i < items.size(); ++i) {
        if (evaluated.items.insert(i).second && !check_part(*node.unevaluated_items, items[i], i))
          return false;
      }
    }
    if (node.unevaluated_properties == nullptr || !value.is_object()) return true;
    for (const auto& [name, member] : value.as_object()) {
      if (evaluated.names.insert(name).second &&
          !check_part(*node.unevaluated_properties, member, std::string_view(name)))
        return false;
    }
    return true;
  }

  const bool track_;
  const Schema::EmptyList empty_;
  std::vector<Step> path_;
  Mismatch mismatch_;
  size_t steps_ = 0;
  size_t nesting_ = 0;
  size_t silent_ = 0;
  bool given_up_ = false;
};

}  // namespace

std::string Mismatch::text(const std::string& what) const {
  const std::string_view separator = path.empty() || path.front() == '[' ? "" : ".";
  return what + std::string(separator) + path + " " + problem;
}

std::optional<Mismatch> Schema::check(const Value& value, EmptyList empty) const {
  return Checker(compiled_->uses_unevaluated, empty).run(compiled_->nodes.front(), value);
}

}  // namespace trivium::json
