#include "lua/frontend/type_builder.h"

#include "lua/frontend/literal.h"

namespace trivium::lua {

namespace {

// What nests deeper, or has more parts, is any: no written type does.
constexpr int kMaxDepth = 300;
constexpr int kMaxInferred = 10'000;

class Deeper {
 public:
  explicit Deeper(int& depth) : depth_(depth) { ++depth_; }
  ~Deeper() { --depth_; }
  Deeper(const Deeper&) = delete;
  Deeper& operator=(const Deeper&) = delete;

 private:
  int& depth_;
};

Literal number_literal(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) {
    text.remove_prefix(text.find_first_of("0123456789."));
  }
  const auto value = number_value(text);
  if (const int64_t* integer = std::get_if<int64_t>(&value)) {
    return negative ? static_cast<int64_t>(0 - static_cast<uint64_t>(*integer)) : *integer;
  }
  const double number = std::get<double>(value);
  return negative ? -number : number;
}

// The value of a literal expression, monostate for any other.
Literal literal_of(const Ast& ast, const Expr& expr) {
  switch (expr.kind) {
    case ExprKind::kTrue:
      return true;
    case ExprKind::kFalse:
      return false;
    case ExprKind::kString:
      return string_value(ast.text(expr.span));
    case ExprKind::kNumber:
      return number_literal(ast.text(expr.span));
    case ExprKind::kUnary: {
      const auto& unary = static_cast<const UnaryExpr&>(expr);
      if (unary.op != Operator::kNegate || unary.operand->kind != ExprKind::kNumber) return {};
      return number_literal("-" + std::string(ast.text(unary.operand->span)));
    }
    default:
      return {};
  }
}

// The name a module is required under when `local` holds one.
const Expr* required_name(const Local& local) {
  const Expr* init = local.init;
  while (init != nullptr && (init->kind == ExprKind::kCast || init->kind == ExprKind::kParen ||
                             init->kind == ExprKind::kNonNil)) {
    init = init->kind == ExprKind::kCast ? static_cast<const CastExpr*>(init)->inner
                                         : static_cast<const WrapExpr*>(init)->inner;
  }
  if (init == nullptr || init->kind != ExprKind::kCall) return nullptr;
  const auto& call = static_cast<const CallExpr&>(*init);
  if (call.callee->kind != ExprKind::kName || call.args.size() != 1) return nullptr;
  const auto& callee = static_cast<const NameExpr&>(*call.callee);
  if (callee.local != nullptr || callee.name->text != "require") return nullptr;
  return call.args[0]->kind == ExprKind::kString ? call.args[0] : nullptr;
}

const Type* any() { return builtin_type("any"); }

}  // namespace

TypeBuilder::TypeBuilder(const Ast& ast) : ast_(ast) {
  for (const TypeDecl* decl : ast.top_types) set_->expose(declaration(*decl));
}

size_t TypeBuilder::slot_of(const NameExpr& expr) {
  const Type* type = expr.type != nullptr ? declaration(*expr.type)->ref : builtin_type(expr.name->text);
  const auto [it, fresh] = slots_.try_emplace(type, set_->slots().size() + 1);
  if (fresh) set_->add_slot(type);
  return it->second;
}

std::shared_ptr<const TypeSet> TypeBuilder::finish() {
  if (declarations_.empty() && set_->slots().empty()) return nullptr;
  while (!pending_.empty()) {
    const Pending next = pending_.back();
    pending_.pop_back();
    build_declaration(*next.from, *next.to);
  }
  return set_;
}

TypeDeclaration* TypeBuilder::declaration(const TypeDecl& decl) {
  TypeDeclaration*& known = declarations_[&decl];
  if (known == nullptr) {
    known = set_->declare(std::string(decl.name->text));
    // Filled at once, for whoever names the declaration asks whether it is generic.
    for (const TypeParam* param : decl.params)
      known->params.push_back({std::string(param->name->text), nullptr});
    pending_.push_back({&decl, known});
  }
  return known;
}

void TypeBuilder::build_declaration(const TypeDecl& decl, TypeDeclaration& target) {
  current_ = &decl;
  for (size_t i = 0; i < decl.params.size(); ++i) {
    target.params[i].constraint = build_nullable(decl.params[i]->constraint);
  }
  if (!decl.params.empty()) {
    Type* instance = set_->make(TypeKind::kInstance);
    instance->declaration = &target;
    for (size_t i = 0; i < decl.params.size(); ++i) {
      Type* param = set_->make(TypeKind::kParam);
      param->name = target.params[i].name;
      param->index = static_cast<uint32_t>(i);
      instance->items.push_back(param);
    }
    target.instance = instance;
  }
  target.body = build(*decl.body);
  if (decl.is_interface) {
    for (const TypeNode* base : decl.bases) const_cast<Type*>(target.body)->items.push_back(build(*base));
  }
  current_ = nullptr;
}

const Type* TypeBuilder::build_nullable(const TypeNode* node) {
  return node != nullptr ? build(*node) : nullptr;
}

const Type* TypeBuilder::literal(Literal value) {
  Type* type = set_->make(TypeKind::kLiteral);
  type->literal = std::move(value);
  return type;
}

void TypeBuilder::add_fields(Type& type, List<NodeField> fields) {
  type.fields.reserve(fields.size());
  for (const NodeField& field : fields) {
    type.fields.push_back({field.name != nullptr ? std::string(field.name->text) : std::string(),
                           build(*field.type), field.optional});
  }
}

const Type* TypeBuilder::build(const TypeNode& node) {
  const Deeper deeper(depth_);
  if (depth_ > kMaxDepth) return any();
  TypeKind kind;
  switch (node.kind) {
    case TypeNodeKind::kNil:
      return builtin_type("nil");
    case TypeNodeKind::kTrue:
      return literal(true);
    case TypeNodeKind::kFalse:
      return literal(false);
    case TypeNodeKind::kString:
      return literal(string_value(ast_.text(node.span)));
    case TypeNodeKind::kNumber:
      return literal(number_literal(ast_.text(node.span)));
    case TypeNodeKind::kName:
    case TypeNodeKind::kQualified:
      return build_named(node);
    case TypeNodeKind::kFunction:
      return build_function(node);
    case TypeNodeKind::kAnnotated:
      return build_annotated(node);
    case TypeNodeKind::kTypeof:
      return infer(*node.expr);
    case TypeNodeKind::kAsserts:
      return builtin_type("nil");
    case TypeNodeKind::kArray:
      kind = TypeKind::kArray;
      break;
    case TypeNodeKind::kMap:
      kind = TypeKind::kMap;
      break;
    case TypeNodeKind::kRecord:
      kind = TypeKind::kRecord;
      break;
    case TypeNodeKind::kInterface:
      kind = TypeKind::kInterface;
      break;
    case TypeNodeKind::kOptional:
      kind = TypeKind::kOptional;
      break;
    case TypeNodeKind::kUnion:
      kind = TypeKind::kUnion;
      break;
    case TypeNodeKind::kIntersection:
      kind = TypeKind::kIntersection;
      break;
    case TypeNodeKind::kList:
      kind = TypeKind::kTuple;
      break;
    case TypeNodeKind::kKeyof:
      kind = TypeKind::kKeyof;
      break;
    case TypeNodeKind::kIndex:
      kind = TypeKind::kIndex;
      break;
    case TypeNodeKind::kConditional:
      kind = TypeKind::kConditional;
      break;
    default:
      return any();
  }
  Type* type = set_->make(kind);
  type->readonly = node.readonly;
  type->items.reserve(node.items.size());
  for (const TypeNode* item : node.items) type->items.push_back(build(*item));
  add_fields(*type, node.fields);
  return type;
}

const Type* TypeBuilder::build_named(const TypeNode& node) {
  if (node.param != nullptr) {
    // Parameters of functions say nothing at run time.
    if (current_ == nullptr || node.param->index >= current_->params.size() ||
        current_->params[node.param->index] != node.param) {
      return any();
    }
    Type* param = set_->make(TypeKind::kParam);
    param->name = node.param->name->text;
    param->index = node.param->index;
    return param;
  }
  std::string module;
  const TypeDeclaration* target = nullptr;
  if (node.kind == TypeNodeKind::kQualified) {
    const Expr* required = node.module != nullptr ? required_name(*node.module) : nullptr;
    module =
        required != nullptr ? string_value(ast_.text(required->span)) : std::string(node.qualifier->text);
  } else if (node.decl != nullptr) {
    target = declaration(*node.decl);
    if (node.items.empty()) return target->ref;
  } else if (const Type* builtin = builtin_type(node.name->text); builtin != nullptr) {
    return builtin;
  } else {
    Type* unresolved = set_->make(TypeKind::kUnresolved);
    unresolved->name = node.name->text;
    return unresolved;
  }
  Type* type = set_->make(node.items.empty() ? TypeKind::kImport : TypeKind::kInstance);
  type->declaration = target;
  type->module = std::move(module);
  type->name = node.name->text;
  for (const TypeNode* item : node.items) type->items.push_back(build(*item));
  return type;
}

const Type* TypeBuilder::build_function(const TypeNode& node) {
  Type* type = set_->make(TypeKind::kFunction);
  type->variadic = node.variadic;
  add_fields(*type, node.params);
  if (node.result != nullptr) {
    if (node.result->kind == TypeNodeKind::kList) {
      for (const TypeNode* result : node.result->items) type->results.push_back(build(*result));
    } else {
      type->results.push_back(build(*node.result));
    }
  }
  return type;
}

const Type* TypeBuilder::build_annotated(const TypeNode& node) {
  Type* type = set_->make(TypeKind::kAnnotated);
  type->items.push_back(build(*node.items[0]));
  for (const Annotation& annotation : node.annotations) {
    TypeAnnotation built;
    built.name = annotation.name->text;
    for (const Expr* arg : annotation.args) built.args.push_back(literal_of(ast_, *arg));
    if (built.name == "pattern") built.pattern = std::make_unique<LazyPattern>();
    type->annotations.push_back(std::move(built));
  }
  return type;
}

// --- typeof ---------------------------------------------------------------------------------------

const Type* TypeBuilder::infer(const Expr& expr) {
  const Deeper deeper(depth_);
  if (depth_ > kMaxDepth || ++inferred_ > kMaxInferred) return any();
  switch (expr.kind) {
    case ExprKind::kNil:
      return builtin_type("nil");
    case ExprKind::kTrue:
    case ExprKind::kFalse:
      return builtin_type("boolean");
    case ExprKind::kNumber:
      return builtin_type("number");
    case ExprKind::kString:
      return builtin_type("string");
    case ExprKind::kFunction:
      return set_->make(TypeKind::kFunction);
    case ExprKind::kTable:
      return infer_table(static_cast<const TableExpr&>(expr));
    case ExprKind::kParen:
      return infer(*static_cast<const WrapExpr&>(expr).inner);
    case ExprKind::kCast:
      return build(*static_cast<const CastExpr&>(expr).type);
    case ExprKind::kName: {
      const Local* local = static_cast<const NameExpr&>(expr).local;
      return local != nullptr ? infer_local(*local) : any();
    }
    case ExprKind::kUnary: {
      const auto& unary = static_cast<const UnaryExpr&>(expr);
      if (unary.op == Operator::kNot) return builtin_type("boolean");
      return unary.op == Operator::kNegate ? infer(*unary.operand) : any();
    }
    default:
      return any();
  }
}

const Type* TypeBuilder::infer_local(const Local& local) {
  if (local.annotation != nullptr) return build(*local.annotation);
  if (local.function != nullptr) return set_->make(TypeKind::kFunction);
  return local.init != nullptr ? infer(*local.init) : any();
}

const Type* TypeBuilder::infer_table(const TableExpr& table) {
  if (table.items.empty()) return builtin_type("table");
  const bool named = table.items[0].name != nullptr;
  for (const TableItem& item : table.items) {
    if ((item.name != nullptr) != named || item.key != nullptr) return builtin_type("table");
  }
  if (named) {
    Type* record = set_->make(TypeKind::kRecord);
    for (const TableItem& item : table.items) {
      record->fields.push_back({std::string(item.name->text), infer(*item.value), false});
    }
    return record;
  }
  // Elements of one builtin type make an array of it.
  const Type* element = infer(*table.items[0].value);
  for (const TableItem& item : table.items) {
    if (infer(*item.value) != element) element = any();
  }
  Type* array = set_->make(TypeKind::kArray);
  array->items.push_back(element);
  return array;
}

}  // namespace trivium::lua
