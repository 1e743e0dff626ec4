#include "lua/frontend/parser.h"

namespace trivium::lua {

bool Parser::block_follows() const {
  switch (cur().tok) {
    case Tok::kElse:
    case Tok::kElseif:
    case Tok::kEnd:
    case Tok::kUntil:
    case Tok::kEndOfFile:
      return true;
    default:
      return false;
  }
}

Block Parser::block() {
  std::vector<Stat*> body;
  const uint32_t begin = cur().begin;
  while (!block_follows()) {
    if (accept(Tok::kSemicolon)) continue;
    Stat* stat = statement();
    end_statement();
    body.push_back(stat);
    if (stat->kind != StatKind::kReturn) continue;
    accept(Tok::kSemicolon);
    if (!block_follows()) {
      fail_expected(functions_.size() == 1 && scope_depth_ == 1 ? "end of file after 'return'"
                                                                : "'end' after 'return'");
    }
  }
  return {{begin, last_end_}, ast_.arena.copy(body)};
}

Stat* Parser::statement() {
  Nesting nesting(*this);
  const uint32_t begin = cur().begin;
  switch (cur().tok) {
    case Tok::kIf:
      return if_statement();
    case Tok::kWhile:
      return while_statement();
    case Tok::kFor:
      return for_statement();
    case Tok::kRepeat:
      return repeat_statement();
    case Tok::kFunction:
      return function_statement();
    case Tok::kLocal:
      return local_statement();
    case Tok::kReturn:
      return return_statement();
    case Tok::kDoubleColon:
      return label_statement();
    case Tok::kDo: {
      const uint32_t line = cur().line;
      advance();
      Scope scope(*this);
      const Block body = block();
      expect_closing(Tok::kEnd, Tok::kDo, line);
      return make<DoStat>(Stat{StatKind::kDo, {begin, last_end_}}, body);
    }
    case Tok::kBreak:
      if (functions_.back().loops == 0) fail(cur(), "'break' outside a loop");
      advance();
      return make<Stat>(StatKind::kBreak, Span{begin, last_end_});
    case Tok::kGoto: {
      advance();
      const Name* name = expect_name("label name after 'goto'");
      return make<LabelStat>(Stat{StatKind::kGoto, {begin, last_end_}}, name);
    }
    case Tok::kName:
      // Two adjacent names start no statement of Lua.
      if (at_word(Word::kExport) && ahead().tok == Tok::kName && ahead(2).tok == Tok::kName) {
        if (ahead().name->word == static_cast<uint8_t>(Word::kType)) {
          advance();
          return type_statement(begin);
        }
        if (ahead().name->word == static_cast<uint8_t>(Word::kInterface)) {
          advance();
          return interface_statement(begin);
        }
      }
      if (at_word(Word::kType) && ahead().tok == Tok::kName) return type_statement(begin);
      if (at_word(Word::kInterface) && ahead().tok == Tok::kName) return interface_statement(begin);
      return expression_statement();
    default:
      return expression_statement();
  }
}

Local* Parser::annotated_name(LocalKind kind, std::string_view what) {
  const Span span{cur().begin, cur().end};
  Name* name = expect_name(what);
  Local* local = declare(name, span, kind);
  if (kind == LocalKind::kLocal && at(Tok::kLess)) {
    advance();
    local->attribute = expect_name("attribute name after '<'");
    if (local->attribute->text != "const" && local->attribute->text != "close") {
      --pos_;
      fail(cur(), "unknown attribute " + shown(cur()) + ": expected 'const' or 'close'");
    }
    expect(Tok::kGreater, "after attribute");
  }
  if (at(Tok::kColon)) local->annotation = annotation_after_colon();
  return local;
}

Stat* Parser::local_statement() {
  const uint32_t begin = cur().begin;
  advance();
  if (at(Tok::kFunction)) return local_function(begin);
  std::vector<Local*> locals;
  do {
    locals.push_back(annotated_name(LocalKind::kLocal, "variable name after 'local'"));
  } while (accept(Tok::kComma));
  List<Expr*> values;
  if (accept(Tok::kAssign)) values = expression_list();
  for (size_t i = 0; i < locals.size(); ++i) {
    if (i < values.size()) locals[i]->init = values[i];
    activate(locals[i]);
  }
  return make<LocalStat>(Stat{StatKind::kLocal, {begin, last_end_}}, ast_.arena.copy(locals), values);
}

Stat* Parser::local_function(uint32_t begin) {
  const uint32_t line = cur().line;
  advance();
  const Span span{cur().begin, cur().end};
  Name* name = expect_name("function name after 'local function'");
  Local* local = declare(name, span, LocalKind::kFunction);
  activate(local);
  Function* function = function_body(begin, line, nullptr);
  local->function = function;
  return make<LocalFunctionStat>(Stat{StatKind::kLocalFunction, {begin, last_end_}}, local, function);
}

Stat* Parser::function_statement() {
  const uint32_t begin = cur().begin;
  const uint32_t line = cur().line;
  advance();
  if (!at(Tok::kName)) fail_expected("function name");
  NameExpr* root = name_expression(cur());
  root->assigned = true;
  advance();
  Expr* target = root;
  Local* self = nullptr;
  while (self == nullptr && (at(Tok::kDot) || at(Tok::kColon))) {
    const bool method = at(Tok::kColon);
    advance();
    const Span span{cur().begin, cur().end};
    const Name* name = expect_name(method ? "method name after ':'" : "field name after '.'");
    target = make<MemberExpr>(Expr{ExprKind::kMember, {begin, span.end}}, target, name, span);
    if (method) {
      static constexpr std::string_view kSelf = "self";
      self = declare(names_.intern(kSelf, Names::hash_of(kSelf)), {}, LocalKind::kSelf);
    }
  }
  Function* function = function_body(begin, line, self);
  return make<FunctionStat>(Stat{StatKind::kFunction, {begin, last_end_}}, target, self != nullptr, function);
}

void Parser::parameters(Function& function) {
  const uint32_t line = cur().line;
  expect(Tok::kLeftParen, "to start the parameter list");
  std::vector<Local*> params;
  if (!at(Tok::kRightParen)) {
    do {
      if (accept(Tok::kEllipsis)) {
        function.vararg = true;
        if (at(Tok::kColon)) function.vararg_type = annotation_after_colon();
        break;
      }
      params.push_back(annotated_name(LocalKind::kParameter, "parameter name or '...'"));
    } while (accept(Tok::kComma));
  }
  expect_closing(Tok::kRightParen, Tok::kLeftParen, line);
  function.params = ast_.arena.copy(params);
}

Function* Parser::function_body(uint32_t begin, uint32_t line, Local* self) {
  Function* function = make<Function>();
  Scope scope(*this);
  if (at(Tok::kLess)) {
    const uint32_t from = cur().begin;
    {
      TypeRegion region(*this);
      function->type_params = type_parameters();
    }
    erase(from, last_end_);
  }
  if (self != nullptr) {
    self->depth = scope_depth_;
    activate(self);
    function->self = self;
  }
  parameters(*function);
  if (at(Tok::kColon)) {
    const uint32_t from = cur().begin;
    advance();
    {
      TypeRegion region(*this);
      function->result = result_types();
    }
    erase(from, last_end_);
  }
  for (Local* param : function->params) activate(param);
  functions_.push_back({function->vararg});
  function->body = block();
  expect_closing(Tok::kEnd, Tok::kFunction, line);
  functions_.pop_back();
  function->span = {begin, last_end_};
  return function;
}

Stat* Parser::if_statement() {
  const uint32_t begin = cur().begin;
  const uint32_t line = cur().line;
  std::vector<IfBranch> branches;
  do {
    advance();
    Expr* condition = expression();
    expect(Tok::kThen, "after the condition");
    Scope scope(*this);
    branches.push_back({condition, block()});
  } while (at(Tok::kElseif));
  const bool has_else = accept(Tok::kElse);
  Block otherwise{};
  if (has_else) {
    Scope scope(*this);
    otherwise = block();
  }
  expect_closing(Tok::kEnd, Tok::kIf, line);
  return make<IfStat>(Stat{StatKind::kIf, {begin, last_end_}}, ast_.arena.copy(branches), has_else,
                      otherwise);
}

Stat* Parser::while_statement() {
  const uint32_t begin = cur().begin;
  const uint32_t line = cur().line;
  advance();
  Expr* condition = expression();
  expect(Tok::kDo, "after the condition");
  Scope scope(*this);
  ++functions_.back().loops;
  const Block body = block();
  --functions_.back().loops;
  expect_closing(Tok::kEnd, Tok::kWhile, line);
  return make<LoopStat>(Stat{StatKind::kWhile, {begin, last_end_}}, condition, body);
}

Stat* Parser::repeat_statement() {
  const uint32_t begin = cur().begin;
  const uint32_t line = cur().line;
  advance();
  Scope scope(*this);  // the condition sees the locals of the body
  ++functions_.back().loops;
  const Block body = block();
  --functions_.back().loops;
  expect_closing(Tok::kUntil, Tok::kRepeat, line);
  Expr* condition = expression();
  return make<LoopStat>(Stat{StatKind::kRepeat, {begin, last_end_}}, condition, body);
}

Stat* Parser::for_statement() {
  const uint32_t begin = cur().begin;
  const uint32_t line = cur().line;
  advance();
  std::vector<Local*> variables;
  do {
    variables.push_back(annotated_name(LocalKind::kLoop, "loop variable name"));
  } while (accept(Tok::kComma));
  const bool numeric = variables.size() == 1 && at(Tok::kAssign);
  List<Expr*> values;
  if (numeric) {
    const Token equals = cur();
    advance();
    values = expression_list();
    if (values.size() < 2) fail_expected("',' and a limit in the 'for' loop");
    if (values.size() > 3)
      fail(equals, "a numeric 'for' loop takes first, limit and step, found more values");
  } else {
    expect(Tok::kIn, "or '=' after the loop variables");
    values = expression_list();
  }
  expect(Tok::kDo, "after the loop header");
  Scope scope(*this);
  for (Local* variable : variables) {
    variable->depth = scope_depth_;
    activate(variable);
  }
  ++functions_.back().loops;
  const Block body = block();
  --functions_.back().loops;
  expect_closing(Tok::kEnd, Tok::kFor, line);
  const Span span{begin, last_end_};
  if (numeric) {
    return make<NumericForStat>(Stat{StatKind::kNumericFor, span}, variables[0], values[0], values[1],
                                values.size() > 2 ? values[2] : nullptr, body);
  }
  return make<GenericForStat>(Stat{StatKind::kGenericFor, span}, ast_.arena.copy(variables), values, body);
}

Stat* Parser::return_statement() {
  const uint32_t begin = cur().begin;
  advance();
  List<Expr*> values;
  if (!block_follows() && !at(Tok::kSemicolon)) values = expression_list();
  return make<ReturnStat>(Stat{StatKind::kReturn, {begin, last_end_}}, values);
}

Stat* Parser::label_statement() {
  const uint32_t begin = cur().begin;
  advance();
  const Name* name = expect_name("label name after '::'");
  expect(Tok::kDoubleColon, "after the label name");
  return make<LabelStat>(Stat{StatKind::kLabel, {begin, last_end_}}, name);
}

Stat* Parser::type_statement(uint32_t begin) {
  advance();
  const Span span{cur().begin, cur().end};
  Name* name = expect_name("type name");
  TypeDecl* declaration = make<TypeDecl>(name, span, false, at_top_level());
  declare_type(name, declaration);
  {
    Scope scope(*this);
    TypeRegion region(*this);
    if (at(Tok::kLess)) declaration->params = type_parameters();
    expect(Tok::kAssign, "after the type name");
    declaration->body = type();
  }
  erase(begin, last_end_, Edit::Kind::kStatement);
  return make<TypeStat>(Stat{StatKind::kType, {begin, last_end_}}, declaration);
}

Stat* Parser::interface_statement(uint32_t begin) {
  const uint32_t line = cur().line;
  advance();
  const Span span{cur().begin, cur().end};
  Name* name = expect_name("interface name");
  TypeDecl* declaration = make<TypeDecl>(name, span, true, at_top_level());
  declare_type(name, declaration);
  {
    Scope scope(*this);
    TypeRegion region(*this);
    if (at(Tok::kLess)) declaration->params = type_parameters();
    std::vector<TypeNode*> bases;
    if (accept(Tok::kColon)) {
      do {
        if (!at(Tok::kName)) fail_expected("name of a base interface");
        bases.push_back(type_name());
      } while (accept(Tok::kComma));
    }
    declaration->bases = ast_.arena.copy(bases);
    TypeNode* body = make_type(TypeNodeKind::kInterface, begin);
    std::vector<NodeField> methods;
    while (!at(Tok::kEnd)) {
      const bool function = accept(Tok::kFunction);
      if (!function && !at(Tok::kName)) {
        fail_expected("'function' or 'end' in the interface of line " + std::to_string(line));
      }
      NodeField field{cur().name, {cur().begin, cur().end}, nullptr, false};
      expect_name("method name");
      if (function) {
        field.type = make_type(TypeNodeKind::kFunction, field.span.begin);
        function_type_parameters(*field.type);
        if (accept(Tok::kColon)) field.type->result = result_types();
        field.type->span.end = last_end_;
      } else {
        field.optional = accept(Tok::kQuestion);
        expect(Tok::kColon, "after the field name");
        field.type = type();
      }
      methods.push_back(field);
    }
    advance();
    body->fields = ast_.arena.copy(methods);
    body->span.end = last_end_;
    declaration->body = body;
  }
  erase(begin, last_end_, Edit::Kind::kStatement);
  return make<TypeStat>(Stat{StatKind::kType, {begin, last_end_}}, declaration);
}

Stat* Parser::expression_statement() {
  const uint32_t begin = cur().begin;
  const Token first = cur();
  Expr* expr = suffixed_expression();
  if (at(Tok::kAssign) || at(Tok::kComma)) {
    std::vector<Expr*> targets;
    for (;;) {
      if (expr->kind == ExprKind::kName) {
        static_cast<NameExpr*>(expr)->assigned = true;
      } else if (expr->kind != ExprKind::kMember && expr->kind != ExprKind::kIndex) {
        fail(first, "cannot assign to this expression: expected a variable, a field or an index");
      }
      targets.push_back(expr);
      if (!accept(Tok::kComma)) break;
      expr = suffixed_expression();
    }
    expect(Tok::kAssign, "in the assignment");
    const List<Expr*> values = expression_list();
    return make<AssignStat>(Stat{StatKind::kAssign, {begin, last_end_}}, ast_.arena.copy(targets), values);
  }
  if (expr->kind != ExprKind::kCall && expr->kind != ExprKind::kMethodCall) {
    fail_expected("'=' or a call, for an expression is no statement");
  }
  return make<CallStat>(Stat{StatKind::kCall, {begin, last_end_}}, expr);
}

}  // namespace trivium::lua
