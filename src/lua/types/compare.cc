#include "lua/types/compare.h"

#include <algorithm>

namespace trivium::lua {

namespace {

constexpr int kDeepest = 64;
// Types that unfold into ever more pairs are declared equal rather than compared for ever.
constexpr int kMaxPairs = 100'000;

bool same_literal(const Literal& a, const Literal& b) {
  const auto number = [](const Literal& literal) -> const double* { return std::get_if<double>(&literal); };
  const auto integer = [](const Literal& literal) -> const int64_t* {
    return std::get_if<int64_t>(&literal);
  };
  if (number(a) != nullptr && integer(b) != nullptr) return *number(a) == static_cast<double>(*integer(b));
  if (integer(a) != nullptr && number(b) != nullptr) return static_cast<double>(*integer(a)) == *number(b);
  return a == b;
}

bool same_annotation(const TypeAnnotation& a, const TypeAnnotation& b) {
  return a.name == b.name && a.args == b.args;
}

class Comparison {
 public:
  explicit Comparison(const Imports& imports) : imports_(imports) {}

  bool equal(const Typed& left, const Typed& right) {
    return pair(left, right, [this](const Typed& a, const Typed& b) { return equal_resolved(a, b); });
  }

  bool subtype(const Typed& left, const Typed& right) {
    return pair(left, right, [this](const Typed& a, const Typed& b) { return subtype_resolved(a, b); });
  }

 private:
  // Recursive types meet themselves again; what has not differed by then does not.
  template <class Compare>
  bool pair(const Typed& left, const Typed& right, Compare compare) {
    if (depth_ >= kDeepest || ++pairs_ > kMaxPairs) return true;
    const Typed a = resolve(left, imports_);
    const Typed b = resolve(right, imports_);
    if (a.node == b.node && a.arguments == b.arguments) return true;
    ++depth_;
    const bool result = compare(a, b);
    --depth_;
    return result;
  }

  static bool is_choice(const Typed& type) {
    return type.node->kind == TypeKind::kUnion || type.node->kind == TypeKind::kOptional;
  }

  // The members of a union, those of nested ones included, nil of optionals too.
  void collect(const Typed& type, std::vector<Typed>& members, int depth = 0) {
    const Typed resolved = resolve(type, imports_);
    if (!is_choice(resolved) || depth > kDeepest) {
      members.push_back(resolved);
      return;
    }
    for (const Type* item : resolved.node->items) collect(part(resolved, item), members, depth + 1);
    if (resolved.node->kind == TypeKind::kOptional) members.push_back({builtin_type("nil"), nullptr});
  }

  bool all_equal(const Typed& a, const std::vector<const Type*>& as, const Typed& b,
                 const std::vector<const Type*>& bs) {
    return as.size() == bs.size() &&
           std::equal(as.begin(), as.end(), bs.begin(),
                      [&](const Type* x, const Type* y) { return equal(part(a, x), part(b, y)); });
  }

  bool covers(const std::vector<Typed>& some, const std::vector<Typed>& all) {
    return std::all_of(some.begin(), some.end(), [&](const Typed& one) {
      return std::any_of(all.begin(), all.end(), [&](const Typed& other) { return equal(one, other); });
    });
  }

  bool equal_resolved(const Typed& a, const Typed& b) {
    if (is_choice(a) || is_choice(b)) {
      std::vector<Typed> as;
      std::vector<Typed> bs;
      collect(a, as);
      collect(b, bs);
      return covers(as, bs) && covers(bs, as);
    }
    const Type& x = *a.node;
    const Type& y = *b.node;
    if (x.kind != y.kind || x.readonly != y.readonly) return false;
    switch (x.kind) {
      case TypeKind::kLiteral:
        return same_literal(x.literal, y.literal);
      case TypeKind::kFunction:
        return x.variadic == y.variadic && all_equal(a, x.results, b, y.results) && equal_fields(a, b, false);
      case TypeKind::kRecord:
        return equal_fields(a, b, true);
      case TypeKind::kInterface:
        return equal_fields(a, b, true) && all_equal(a, x.items, b, y.items);
      case TypeKind::kAnnotated:
        return all_equal(a, x.items, b, y.items) &&
               std::equal(x.annotations.begin(), x.annotations.end(), y.annotations.begin(),
                          y.annotations.end(), same_annotation);
      case TypeKind::kRef:
        return x.declaration == y.declaration;
      case TypeKind::kImport:
      case TypeKind::kUnresolved:
      case TypeKind::kUserdata:
        return x.module == y.module && x.name == y.name;
      default:
        return all_equal(a, x.items, b, y.items);
    }
  }

  bool equal_fields(const Typed& a, const Typed& b, bool by_name) {
    if (a.node->fields.size() != b.node->fields.size()) return false;
    for (size_t i = 0; i < a.node->fields.size(); ++i) {
      const TypeField& x = a.node->fields[i];
      const TypeField* y = by_name ? field(*b.node, x.name) : &b.node->fields[i];
      if (y == nullptr || x.optional != y->optional || !equal(part(a, x.type), part(b, y->type)))
        return false;
    }
    return true;
  }

  static const TypeField* field(const Type& node, std::string_view name) {
    for (const TypeField& candidate : node.fields) {
      if (candidate.name == name) return &candidate;
    }
    return nullptr;
  }

  bool subtype_resolved(const Typed& a, const Typed& b) {
    const Type& x = *a.node;
    const Type& y = *b.node;
    if (y.kind == TypeKind::kAny || y.kind == TypeKind::kUnknown || x.kind == TypeKind::kNever) return true;
    if (x.kind == TypeKind::kAny || x.kind == TypeKind::kUnknown) return false;
    if (is_choice(a)) {
      std::vector<Typed> members;
      collect(a, members);
      return std::all_of(members.begin(), members.end(), [&](const Typed& one) { return subtype(one, b); });
    }
    if (is_choice(b)) {
      std::vector<Typed> members;
      collect(b, members);
      return std::any_of(members.begin(), members.end(), [&](const Typed& one) { return subtype(a, one); });
    }
    if (y.kind == TypeKind::kIntersection)
      return all_of(y.items, [&](const Type* t) { return subtype(a, part(b, t)); });
    if (x.kind == TypeKind::kIntersection)
      return any_of(x.items, [&](const Type* t) { return subtype(part(a, t), b); });
    if (y.kind == TypeKind::kAnnotated) return subtype_of_annotated(a, b);
    if (x.kind == TypeKind::kAnnotated) return subtype(part(a, x.items[0]), b);
    if (y.kind == TypeKind::kTable) return is_table(x.kind);
    if (y.kind == TypeKind::kInterface && (x.kind == TypeKind::kRecord || x.kind == TypeKind::kInterface)) {
      return fits_interface(a, b);
    }
    if (x.kind == TypeKind::kLiteral && y.kind != TypeKind::kLiteral) return literal_fits(x.literal, y.kind);
    if (x.kind == TypeKind::kInteger) return y.kind == TypeKind::kInteger || y.kind == TypeKind::kNumber;
    if (x.kind == TypeKind::kArray && y.kind == TypeKind::kMap) {
      const Typed key = resolve(part(b, y.items[0]), imports_);
      return (key.node->kind == TypeKind::kInteger || key.node->kind == TypeKind::kNumber) &&
             subtype(part(a, x.items[0]), part(b, y.items[1]));
    }
    if (x.kind != y.kind) return false;
    switch (x.kind) {
      case TypeKind::kArray:
        return subtype(part(a, x.items[0]), part(b, y.items[0]));
      case TypeKind::kTuple:
        return all_subtypes(a, x.items, b, y.items);
      case TypeKind::kRecord:
        return subtype_record(a, b);
      case TypeKind::kFunction:
        return subtype_function(a, b);
      case TypeKind::kMap:
        return all_equal(a, x.items, b, y.items);
      default:
        return equal_resolved(a, b);
    }
  }

  template <class Check>
  static bool all_of(const std::vector<const Type*>& items, Check check) {
    return std::all_of(items.begin(), items.end(), check);
  }
  template <class Check>
  static bool any_of(const std::vector<const Type*>& items, Check check) {
    return std::any_of(items.begin(), items.end(), check);
  }

  bool all_subtypes(const Typed& a, const std::vector<const Type*>& as, const Typed& b,
                    const std::vector<const Type*>& bs) {
    return as.size() == bs.size() &&
           std::equal(as.begin(), as.end(), bs.begin(),
                      [&](const Type* x, const Type* y) { return subtype(part(a, x), part(b, y)); });
  }

  // Only a type with the same promises fits one with annotations.
  bool subtype_of_annotated(const Typed& a, const Typed& b) {
    if (a.node->kind != TypeKind::kAnnotated) return false;
    const bool promised = std::all_of(
        b.node->annotations.begin(), b.node->annotations.end(), [&](const TypeAnnotation& wanted) {
          return std::any_of(a.node->annotations.begin(), a.node->annotations.end(),
                             [&](const TypeAnnotation& given) { return same_annotation(given, wanted); });
        });
    return promised && subtype(part(a, a.node->items[0]), part(b, b.node->items[0]));
  }

  static bool is_table(TypeKind kind) {
    return kind == TypeKind::kTable || kind == TypeKind::kArray || kind == TypeKind::kMap ||
           kind == TypeKind::kRecord || kind == TypeKind::kTuple || kind == TypeKind::kInterface;
  }

  static bool literal_fits(const Literal& literal, TypeKind base) {
    if (std::holds_alternative<bool>(literal)) return base == TypeKind::kBoolean;
    if (std::holds_alternative<std::string>(literal)) return base == TypeKind::kString;
    if (std::holds_alternative<int64_t>(literal))
      return base == TypeKind::kInteger || base == TypeKind::kNumber;
    return std::holds_alternative<double>(literal) && base == TypeKind::kNumber;
  }

  bool subtype_record(const Typed& a, const Typed& b) {
    for (const TypeField& wanted : b.node->fields) {
      const TypeField* given = field(*a.node, wanted.name);
      if (given == nullptr) {
        if (!wanted.optional) return false;
        continue;
      }
      if (given->optional && !wanted.optional) return false;
      const Typed from = part(a, given->type);
      const Typed to = part(b, wanted.type);
      // Whoever may write through the wider type could store what the narrower forbids.
      if (b.node->readonly ? !subtype(from, to) : !equal(from, to)) return false;
    }
    return true;
  }

  bool fits_interface(const Typed& a, const Typed& b) {
    for (const TypeField& wanted : b.node->fields) {
      const TypeField* given = field(*a.node, wanted.name);
      if (given == nullptr ? !wanted.optional : !subtype(part(a, given->type), part(b, wanted.type)))
        return false;
    }
    return all_of(b.node->items, [&](const Type* base) { return subtype(a, part(b, base)); });
  }

  bool subtype_function(const Typed& a, const Typed& b) {
    const Type& x = *a.node;
    const Type& y = *b.node;
    if (x.fields.size() > y.fields.size() && !y.variadic) return false;
    for (size_t i = 0; i < std::min(x.fields.size(), y.fields.size()); ++i) {
      if (!subtype(part(b, y.fields[i].type), part(a, x.fields[i].type))) return false;
    }
    if (x.results.size() < y.results.size()) return false;
    for (size_t i = 0; i < y.results.size(); ++i) {
      if (!subtype(part(a, x.results[i]), part(b, y.results[i]))) return false;
    }
    return true;
  }

  const Imports& imports_;
  int depth_ = 0;
  int pairs_ = 0;
};

}  // namespace

bool is_equal(const Typed& a, const Typed& b, const Imports& imports) {
  return Comparison(imports).equal(a, b);
}

bool is_subtype(const Typed& a, const Typed& b, const Imports& imports) {
  return Comparison(imports).subtype(a, b);
}

}  // namespace trivium::lua
