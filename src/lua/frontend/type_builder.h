// Turns the type declarations of a tree into run-time descriptors.
#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "lua/frontend/ast.h"
#include "lua/types/type.h"

namespace trivium::lua {

class TypeBuilder {
 public:
  // The tree must outlive the builder.
  explicit TypeBuilder(const Ast& ast);

  // The slot (from 1) of the type value an expression of ast.type_references is. Expressions that mean
  // the same type share one.
  size_t slot_of(const NameExpr& expr);

  // The finished set, or null when the chunk declares no types and refers to none. Call once.
  std::shared_ptr<const TypeSet> finish();

 private:
  TypeDeclaration* declaration(const TypeDecl& decl);
  void build_declaration(const TypeDecl& decl, TypeDeclaration& target);

  const Type* build(const TypeNode& node);
  const Type* build_named(const TypeNode& node);
  const Type* build_function(const TypeNode& node);
  const Type* build_annotated(const TypeNode& node);
  const Type* build_nullable(const TypeNode* node);
  const Type* literal(Literal value);
  void add_fields(Type& type, List<NodeField> fields);

  const Type* infer(const Expr& expr);
  const Type* infer_local(const Local& local);
  const Type* infer_table(const TableExpr& table);

  struct Pending {
    const TypeDecl* from;
    TypeDeclaration* to;
  };

  const Ast& ast_;
  std::shared_ptr<TypeSet> set_ = std::make_shared<TypeSet>();
  std::unordered_map<const TypeDecl*, TypeDeclaration*> declarations_;
  std::unordered_map<const void*, size_t> slots_;  // by declaration or builtin type
  std::vector<Pending> pending_;
  const TypeDecl* current_ = nullptr;  // the declaration whose parameters are in scope
  int depth_ = 0;
  int inferred_ = 0;
};

}  // namespace trivium::lua
