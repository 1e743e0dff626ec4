#include <array>

#include "lua/frontend/literal.h"
#include "lua/frontend/parser.h"

namespace trivium::lua {

namespace {

struct BinaryOperator {
  bool is_operator = false;
  Operator op = Operator::kAdd;
  int left = 0;
  int right = 0;  // below left: right associative
};

constexpr int kUnaryPriority = 12;

BinaryOperator binary_operator(Tok tok) {
  switch (tok) {
    case Tok::kOr:
      return {true, Operator::kOr, 1, 1};
    case Tok::kAnd:
      return {true, Operator::kAnd, 2, 2};
    case Tok::kEqual:
      return {true, Operator::kEqual, 3, 3};
    case Tok::kNotEqual:
      return {true, Operator::kNotEqual, 3, 3};
    case Tok::kLess:
      return {true, Operator::kLess, 3, 3};
    case Tok::kLessEqual:
      return {true, Operator::kLessEqual, 3, 3};
    case Tok::kGreater:
      return {true, Operator::kGreater, 3, 3};
    case Tok::kGreaterEqual:
      return {true, Operator::kGreaterEqual, 3, 3};
    case Tok::kPipe:
      return {true, Operator::kBitOr, 4, 4};
    case Tok::kTilde:
      return {true, Operator::kBitXor, 5, 5};
    case Tok::kAmpersand:
      return {true, Operator::kBitAnd, 6, 6};
    case Tok::kShiftLeft:
      return {true, Operator::kShiftLeft, 7, 7};
    case Tok::kShiftRight:
      return {true, Operator::kShiftRight, 7, 7};
    case Tok::kConcat:
      return {true, Operator::kConcat, 9, 8};
    case Tok::kPlus:
      return {true, Operator::kAdd, 10, 10};
    case Tok::kMinus:
      return {true, Operator::kSub, 10, 10};
    case Tok::kStar:
      return {true, Operator::kMul, 11, 11};
    case Tok::kSlash:
      return {true, Operator::kDiv, 11, 11};
    case Tok::kDoubleSlash:
      return {true, Operator::kIntDiv, 11, 11};
    case Tok::kPercent:
      return {true, Operator::kMod, 11, 11};
    case Tok::kCaret:
      return {true, Operator::kPow, 14, 13};
    default:
      return {};
  }
}

bool is_unary(Tok tok, Operator& op) {
  switch (tok) {
    case Tok::kNot:
      op = Operator::kNot;
      return true;
    case Tok::kMinus:
      op = Operator::kNegate;
      return true;
    case Tok::kTilde:
      op = Operator::kBitNot;
      return true;
    case Tok::kHash:
      op = Operator::kLength;
      return true;
    default:
      return false;
  }
}

}  // namespace

Expr* Parser::expression(int limit) {
  Nesting nesting(*this);
  const uint32_t begin = cur().begin;
  Expr* left;
  Operator unary{};
  if (is_unary(cur().tok, unary)) {
    advance();
    Expr* operand = expression(kUnaryPriority);
    left = make<UnaryExpr>(Expr{ExprKind::kUnary, {begin, last_end_}}, unary, operand);
  } else {
    left = simple_expression();
  }
  int chain = 0;
  for (;;) {
    const BinaryOperator op = binary_operator(cur().tok);
    if (!op.is_operator || op.left <= limit) return left;
    if (++chain > kMaxChain) fail(cur(), "expression has too many operands near " + shown(cur()));
    const Span op_span{cur().begin, cur().end};
    advance();
    Expr* right = expression(op.right);
    left = make<BinaryExpr>(Expr{ExprKind::kBinary, {begin, last_end_}}, op.op, op_span, left, right);
  }
}

Expr* Parser::simple_expression() {
  const uint32_t begin = cur().begin;
  ExprKind kind;
  switch (cur().tok) {
    case Tok::kNumber:
      kind = ExprKind::kNumber;
      break;
    case Tok::kString:
      kind = ExprKind::kString;
      break;
    case Tok::kNil:
      kind = ExprKind::kNil;
      break;
    case Tok::kTrue:
      kind = ExprKind::kTrue;
      break;
    case Tok::kFalse:
      kind = ExprKind::kFalse;
      break;
    case Tok::kEllipsis:
      if (!functions_.back().vararg) fail(cur(), "cannot use '...' outside a vararg function");
      kind = ExprKind::kVararg;
      break;
    case Tok::kLeftBrace:
      return cast_suffixes(table_constructor());
    case Tok::kFunction: {
      const uint32_t line = cur().line;
      advance();
      Function* function = function_body(begin, line, nullptr);
      return cast_suffixes(make<FunctionExpr>(Expr{ExprKind::kFunction, {begin, last_end_}}, function));
    }
    default:
      return cast_suffixes(suffixed_expression());
  }
  advance();
  return cast_suffixes(make<Expr>(kind, Span{begin, last_end_}));
}

NameExpr* Parser::name_expression(const Token& token) {
  const Name* name = token.name;
  NameExpr* expr = make<NameExpr>(Expr{ExprKind::kName, {token.begin, token.end}}, name);
  const bool inner_type =
      name->inner_type != nullptr && (name->local == nullptr || name->inner_type_depth > name->local->depth);
  if (inner_type) {
    expr->type = name->inner_type;
  } else {
    expr->local = name->local;
  }
  if (expr->local == nullptr && type_depth_ == 0) globals_.push_back(expr);
  return expr;
}

Expr* Parser::primary_expression() {
  const uint32_t begin = cur().begin;
  if (at(Tok::kName)) {
    NameExpr* expr = name_expression(cur());
    advance();
    return expr;
  }
  if (at(Tok::kLeftParen)) {
    const uint32_t line = cur().line;
    advance();
    Expr* inner = expression();
    expect_closing(Tok::kRightParen, Tok::kLeftParen, line);
    return make<WrapExpr>(Expr{ExprKind::kParen, {begin, last_end_}}, inner);
  }
  fail_expected("an expression");
}

bool Parser::at_arguments(const Token& token) const {
  return token.tok == Tok::kLeftParen || token.tok == Tok::kString || token.tok == Tok::kLeftBrace;
}

Expr* Parser::suffixed_expression() {
  Expr* expr = primary_expression();
  for (int chain = 0;; ++chain) {
    if (chain > kMaxChain) fail(cur(), "chain of calls and indices is too long near " + shown(cur()));
    switch (cur().tok) {
      case Tok::kDot:
        expr = member_suffix(expr);
        break;
      case Tok::kLeftBracket: {
        const uint32_t line = cur().line;
        advance();
        Expr* key = expression();
        expect_closing(Tok::kRightBracket, Tok::kLeftBracket, line);
        expr = make<IndexExpr>(Expr{ExprKind::kIndex, {expr->span.begin, last_end_}}, expr, key);
        break;
      }
      case Tok::kColon:
        expr = method_suffix(expr);
        break;
      case Tok::kLeftParen:
        if (cur().line > last_line_) fail(cur(), "ambiguous syntax (function call x new statement) near '('");
        [[fallthrough]];
      case Tok::kString:
      case Tok::kLeftBrace:
        expr = call_suffix(expr);
        break;
      default:
        return expr;
    }
  }
}

namespace {

// `Name.kind(…)` and `Name:is(…)` ask a type, whatever global the name may be.
bool asks_type(const Name* name) {
  return name->word == static_cast<uint8_t>(Word::kReflection) ||
         name->word == static_cast<uint8_t>(Word::kIs);
}

}  // namespace

Expr* Parser::member_suffix(Expr* object) {
  const uint32_t dot = cur().begin;
  advance();
  const Span span{cur().begin, cur().end};
  const Name* name = cur().name;
  if (at(Tok::kGoto)) {
    erase(dot, span.end, Edit::Kind::kKeyword);
  } else if (!at(Tok::kName)) {
    fail_expected("field name after '.'");
  }
  advance();
  if (object->kind == ExprKind::kName && asks_type(name) && at_arguments(cur())) {
    static_cast<NameExpr*>(object)->called = true;
  }
  return make<MemberExpr>(Expr{ExprKind::kMember, {object->span.begin, last_end_}}, object, name, span);
}

Expr* Parser::method_suffix(Expr* object) {
  advance();
  const Span span{cur().begin, cur().end};
  const Name* name = expect_name("method name after ':'");
  if (!at_arguments(cur())) fail_expected("arguments of the method call");
  if (object->kind == ExprKind::kName && asks_type(name)) static_cast<NameExpr*>(object)->called = true;
  const List<Expr*> args = call_arguments();
  return make<MethodCallExpr>(Expr{ExprKind::kMethodCall, {object->span.begin, last_end_}}, object, name,
                              span, args);
}

Expr* Parser::call_suffix(Expr* callee) {
  NameExpr* name = callee->kind == ExprKind::kName ? static_cast<NameExpr*>(callee) : nullptr;
  if (name != nullptr) name->called = true;
  const List<Expr*> args = call_arguments();
  if (name != nullptr && name->local == nullptr) {
    for (Expr* arg : args) {
      if (arg->kind == ExprKind::kName) static_cast<NameExpr*>(arg)->argument_of = name;
    }
  }
  CallExpr* call = make<CallExpr>(Expr{ExprKind::kCall, {callee->span.begin, last_end_}}, callee, args);
  note_require(*call);
  return call;
}

void Parser::note_require(const CallExpr& call) {
  if (call.callee->kind != ExprKind::kName || call.args.size() != 1 || type_depth_ > 0) return;
  const NameExpr& callee = static_cast<const NameExpr&>(*call.callee);
  if (callee.local != nullptr || callee.name->word != static_cast<uint8_t>(Word::kRequire)) return;
  const Expr& arg = *call.args[0];
  if (arg.kind != ExprKind::kString) return;
  ast_.requires_.push_back({string_value(ast_.text(arg.span)), ast_.position(arg.span.begin)});
}

List<Expr*> Parser::call_arguments() {
  if (at(Tok::kString)) {
    Expr* arg = make<Expr>(ExprKind::kString, Span{cur().begin, cur().end});
    advance();
    return ast_.arena.copy(&arg, 1);
  }
  if (at(Tok::kLeftBrace)) {
    Expr* arg = table_constructor();
    return ast_.arena.copy(&arg, 1);
  }
  const uint32_t line = cur().line;
  advance();
  List<Expr*> args;
  if (!at(Tok::kRightParen)) args = expression_list();
  expect_closing(Tok::kRightParen, Tok::kLeftParen, line);
  return args;
}

List<Expr*> Parser::expression_list() {
  std::array<Expr*, 4> few;
  size_t count = 0;
  std::vector<Expr*> many;
  do {
    Expr* expr = expression();
    if (count < few.size()) {
      few[count++] = expr;
      continue;
    }
    if (many.empty()) many.assign(few.begin(), few.end());
    many.push_back(expr);
  } while (accept(Tok::kComma));
  return many.empty() ? ast_.arena.copy(few.data(), count) : ast_.arena.copy(many);
}

Expr* Parser::table_constructor() {
  Nesting nesting(*this);
  const uint32_t begin = cur().begin;
  const uint32_t line = cur().line;
  advance();
  std::vector<TableItem> items;
  while (!at(Tok::kRightBrace)) {
    if ((at(Tok::kName) || at(Tok::kGoto)) && ahead().tok == Tok::kAssign) {
      const Name* name = cur().name;
      if (at(Tok::kGoto)) erase(cur().begin, cur().end, Edit::Kind::kKeyword);
      advance();
      advance();
      items.push_back({name, nullptr, expression()});
    } else if (at(Tok::kLeftBracket)) {
      const uint32_t key_line = cur().line;
      advance();
      Expr* key = expression();
      expect_closing(Tok::kRightBracket, Tok::kLeftBracket, key_line);
      expect(Tok::kAssign, "after the key");
      items.push_back({nullptr, key, expression()});
    } else {
      items.push_back({nullptr, nullptr, expression()});
    }
    if (!accept(Tok::kComma) && !accept(Tok::kSemicolon)) break;
  }
  expect_closing(Tok::kRightBrace, Tok::kLeftBrace, line);
  return make<TableExpr>(Expr{ExprKind::kTable, {begin, last_end_}}, ast_.arena.copy(items));
}

// After an expression `::` is a cast, unless it reads as a label on one line.
bool Parser::at_label() const {
  return ahead().tok == Tok::kName && ahead(2).tok == Tok::kDoubleColon && ahead(2).line == cur().line;
}

Expr* Parser::cast_suffixes(Expr* inner) {
  Expr* const plain = inner;
  for (int chain = 0;; ++chain) {
    if (chain > kMaxNesting) fail(cur(), "too many casts near " + shown(cur()));
    const uint32_t begin = cur().begin;
    if (at(Tok::kBang)) {
      advance();
      erase(begin, last_end_);
      inner = make<WrapExpr>(Expr{ExprKind::kNonNil, {inner->span.begin, last_end_}}, inner);
    } else if ((at(Tok::kDoubleColon) && !at_label()) || (at_word(Word::kAs) && starts_type(ahead()))) {
      advance();
      TypeNode* to;
      {
        TypeRegion region(*this);
        to = type();
      }
      erase(begin, last_end_);
      inner = make<CastExpr>(Expr{ExprKind::kCast, {inner->span.begin, last_end_}}, inner, to);
    } else {
      break;
    }
  }
  if (inner != plain && (at(Tok::kDot) || at(Tok::kColon) || at(Tok::kLeftBracket))) {
    fail(cur(), "unexpected " + shown(cur()) +
                    " after a cast: put the cast in parentheses, as in (value as T).field");
  }
  return inner;
}

}  // namespace trivium::lua
