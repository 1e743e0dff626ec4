// Recursive-descent parser of the dialect. One object parses one chunk; the methods are split over
// parser.cc (statements), parser_expressions.cc and parser_types.cc.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lua/frontend/ast.h"
#include "lua/frontend/lexer.h"
#include "lua/frontend/names.h"
#include "lua/frontend/token.h"

namespace trivium::lua {

class Parser {
 public:
  explicit Parser(Ast& ast);

  // Fills everything of the tree but its source. Throws SyntaxException.
  void run();

 private:
  // Counts syntactic nesting, which bounds the stack of everything that walks the tree.
  class Nesting {
   public:
    explicit Nesting(Parser& parser) : parser_(parser) { parser_.deepen(); }
    ~Nesting() { --parser_.depth_; }
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;

   private:
    Parser& parser_;
  };

  // Text in such a region is erased as a whole: names in it are resolved, but nothing is lowered.
  class TypeRegion {
   public:
    explicit TypeRegion(Parser& parser) : parser_(parser) { ++parser_.type_depth_; }
    ~TypeRegion() { --parser_.type_depth_; }
    TypeRegion(const TypeRegion&) = delete;
    TypeRegion& operator=(const TypeRegion&) = delete;

   private:
    Parser& parser_;
  };

  // Locals and types declared while it lives are visible until it dies.
  class Scope {
   public:
    explicit Scope(Parser& parser);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Parser& parser_;
    size_t locals_;
    size_t types_;
    size_t type_params_;
  };

  struct FunctionState {
    bool vararg;
    int loops = 0;
  };

  // --- tokens ---
  const Token& cur() const { return tokens_[pos_]; }
  const Token& ahead(size_t count = 1) const {
    return tokens_[pos_ + count < tokens_.size() ? pos_ + count : tokens_.size() - 1];
  }
  bool at(Tok tok) const { return cur().tok == tok; }
  bool at_word(Word word) const { return at(Tok::kName) && cur().name->word == static_cast<uint8_t>(word); }
  void advance();
  bool accept(Tok tok);
  void expect(Tok tok, std::string_view context);
  // Expects what closes `opener` of line `line`.
  void expect_closing(Tok tok, Tok opener, uint32_t line);
  Name* expect_name(std::string_view what);
  void deepen();

  std::string shown(const Token& token) const;
  [[noreturn]] void fail(const Token& token, std::string message) const;
  // "expected <what>, found <token>"
  [[noreturn]] void fail_expected(std::string_view what) const;

  // --- text changes ---
  void erase(uint32_t begin, uint32_t end, Edit::Kind kind = Edit::Kind::kBlank);
  void end_statement();

  // --- scopes ---
  Local* declare(Name* name, Span span, LocalKind kind);
  void activate(Local* local);
  void declare_type(Name* name, TypeDecl* declaration);
  bool at_top_level() const { return functions_.size() == 1 && scope_depth_ == 1; }

  // --- statements ---
  Block block();
  bool block_follows() const;
  Stat* statement();
  Stat* local_statement();
  Stat* local_function(uint32_t begin);
  Stat* function_statement();
  Stat* if_statement();
  Stat* while_statement();
  Stat* repeat_statement();
  Stat* for_statement();
  Stat* return_statement();
  Stat* label_statement();
  Stat* type_statement(uint32_t begin);
  Stat* interface_statement(uint32_t begin);
  Stat* expression_statement();
  Local* annotated_name(LocalKind kind, std::string_view what);
  Function* function_body(uint32_t begin, uint32_t line, Local* self);
  void parameters(Function& function);

  // --- expressions ---
  Expr* expression(int limit = 0);
  Expr* simple_expression();
  Expr* suffixed_expression();
  Expr* primary_expression();
  Expr* cast_suffixes(Expr* inner);
  NameExpr* name_expression(const Token& token);
  Expr* member_suffix(Expr* object);
  Expr* method_suffix(Expr* object);
  Expr* call_suffix(Expr* callee);
  List<Expr*> call_arguments();
  Expr* table_constructor();
  List<Expr*> expression_list();
  bool at_label() const;
  bool at_arguments(const Token& token) const;
  void note_require(const CallExpr& call);

  // --- types ---
  // `type` and what hangs on it. With a seed, that atom has been read already.
  TypeNode* type(TypeNode* seed = nullptr);
  TypeNode* type_operators(TypeNode* seed, bool in_condition);
  TypeNode* type_optional(TypeNode* seed, bool in_condition);
  TypeNode* type_primary(TypeNode* seed);
  TypeNode* type_atom();
  TypeNode* type_name();
  TypeNode* type_braces();
  List<NodeField> type_fields(Tok closing);
  TypeNode* type_parenthesised(bool list_allowed);
  TypeNode* fun_type();
  TypeNode* result_types();     // after the `:` of a function
  TypeNode* function_result();  // after `->`
  void function_type_parameters(TypeNode& function);
  List<TypeParam*> type_parameters();
  List<TypeNode*> type_arguments();
  List<Annotation> annotations();
  void close_angle(uint32_t line);
  bool starts_type(const Token& token) const;
  bool starts_field(size_t offset) const;
  TypeNode* make_type(TypeNodeKind kind, uint32_t begin);
  TypeNode* annotation_after_colon();  // parses and erases `: type`

  void resolve_types();
  void resolve_type_values();
  void sort_edits();
  void choose_hidden_name();

  template <class T, class... Args>
  T* make(Args&&... args) {
    return ast_.arena.make<T>(std::forward<Args>(args)...);
  }

  struct ScopedLocal {
    Name* name;
    Local* local;
  };
  struct ScopedType {
    Name* name;
    TypeDecl* declaration;
  };
  struct ScopedTypeParam {
    Name* name;
    TypeParam* param;
  };

  Ast& ast_;
  Names names_;
  std::vector<Token> tokens_;
  size_t pos_ = 0;
  uint32_t last_end_ = 0;   // of the token before the current one
  uint32_t last_line_ = 1;  // where that token ended
  int depth_ = 0;
  int type_depth_ = 0;
  uint32_t scope_depth_ = 0;
  std::vector<FunctionState> functions_;
  std::vector<ScopedLocal> locals_;
  std::vector<ScopedType> types_;
  std::vector<ScopedTypeParam> type_params_;
  std::vector<NameExpr*> globals_;      // names outside types that are no locals
  std::vector<TypeNode*> named_types_;  // names in types that are no parameters or inner types
};

}  // namespace trivium::lua
