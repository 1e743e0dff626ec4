#include "lua/types/resolve.h"

#include "lua/types/compare.h"

namespace trivium::lua {

namespace {

constexpr int kMaxSteps = 64;
constexpr int kMaxRecursion = 16;

Typed any() { return {builtin_type("any"), nullptr}; }

Typed argument(const Typed& type) {
  const uint32_t index = type.node->index;
  if (type.arguments == nullptr || index >= type.arguments->list.size()) return any();
  return type.arguments->list[index];
}

// The type of `base[key]`.
Typed indexed(const Typed& type, const Imports& imports) {
  const Typed base = resolve(part(type, type.node->items[0]), imports);
  const Typed key = resolve(part(type, type.node->items[1]), imports);
  switch (base.node->kind) {
    case TypeKind::kRecord:
    case TypeKind::kInterface:
      if (const std::string* name = std::get_if<std::string>(&key.node->literal)) {
        for (const TypeField& field : base.node->fields) {
          if (field.name == *name) return part(base, field.type);
        }
      }
      return any();
    case TypeKind::kArray:
      return part(base, base.node->items[0]);
    case TypeKind::kMap:
      return part(base, base.node->items[1]);
    default:
      return any();
  }
}

// One step towards the structure of `type`; false when there is none to take.
bool follow(Typed& type, const Imports& imports) {
  const Type& node = *type.node;
  switch (node.kind) {
    case TypeKind::kRef:
      if (!node.declaration->params.empty()) return false;
      type = {node.declaration->body, nullptr};
      return true;
    case TypeKind::kParam:
      type = argument(type);
      return true;
    case TypeKind::kImport: {
      if (const TypeDeclaration* target = declaration_of(node, imports)) {
        type = {target->ref, nullptr};
        return true;
      }
      const Type* host = host_type(node.module, node.name);
      if (host == nullptr) return false;
      type = {host, nullptr};
      return true;
    }
    case TypeKind::kInstance: {
      const TypeDeclaration* target = declaration_of(node, imports);
      if (target == nullptr) {
        const Type* host = host_type(node.module, node.name);
        if (host == nullptr) return false;
        type = {host, nullptr};
        return true;
      }
      if (target->params.size() != node.items.size() || node.items.empty()) return false;
      auto arguments = std::make_shared<TypeArguments>();
      arguments->list.reserve(node.items.size());
      for (const Type* item : node.items) {
        const Typed given = part(type, item);
        arguments->list.push_back(item->kind == TypeKind::kParam ? argument(given) : given);
      }
      type = {target->body, std::move(arguments)};
      return true;
    }
    case TypeKind::kIndex:
      type = indexed(type, imports);
      return true;
    case TypeKind::kConditional: {
      const bool fits = is_subtype(part(type, node.items[0]), part(type, node.items[1]), imports);
      type = part(type, node.items[fits ? 2 : 3]);
      return true;
    }
    default:
      return false;
  }
}

}  // namespace

Typed resolve(const Typed& type, const Imports& imports) {
  if (imports.nesting_ >= kMaxRecursion) return any();
  ++imports.nesting_;
  Typed current = type;
  for (int step = 0; step < kMaxSteps && follow(current, imports); ++step) {
  }
  --imports.nesting_;
  return current;
}

bool is_generic(const Type& node) { return node.kind == TypeKind::kRef && !node.declaration->params.empty(); }

const TypeDeclaration* declaration_of(const Type& node, const Imports& imports) {
  if (node.declaration != nullptr) return node.declaration;
  if (node.kind != TypeKind::kImport && node.kind != TypeKind::kInstance) return nullptr;
  const TypeSet* set = imports.find(node.module);
  return set != nullptr ? set->find(node.name) : nullptr;
}

}  // namespace trivium::lua
