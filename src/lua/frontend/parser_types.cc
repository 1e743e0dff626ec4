#include "lua/frontend/parser.h"

namespace trivium::lua {

TypeNode* Parser::make_type(TypeNodeKind kind, uint32_t begin) {
  return make<TypeNode>(kind, Span{begin, last_end_});
}

TypeNode* Parser::annotation_after_colon() {
  const uint32_t begin = cur().begin;
  advance();
  TypeNode* node;
  {
    TypeRegion region(*this);
    node = type();
  }
  erase(begin, last_end_);
  return node;
}

bool Parser::starts_type(const Token& token) const {
  switch (token.tok) {
    case Tok::kName:
    case Tok::kNil:
    case Tok::kTrue:
    case Tok::kFalse:
    case Tok::kString:
    case Tok::kNumber:
    case Tok::kLeftBrace:
    case Tok::kLeftParen:
      return true;
    default:
      return false;
  }
}

TypeNode* Parser::type(TypeNode* seed) {
  Nesting nesting(*this);
  const uint32_t begin = seed != nullptr ? seed->span.begin : cur().begin;
  TypeNode* checked = type_operators(seed, false);
  if (!at_word(Word::kExtends)) return checked;
  advance();
  TypeNode* bound = type_operators(nullptr, true);
  expect(Tok::kQuestion, "in the conditional type");
  TypeNode* then = type();
  expect(Tok::kColon, "in the conditional type");
  TypeNode* otherwise = type();
  TypeNode* node = make_type(TypeNodeKind::kConditional, begin);
  TypeNode* items[] = {checked, bound, then, otherwise};
  node->items = ast_.arena.copy(items, 4);
  return node;
}

TypeNode* Parser::type_operators(TypeNode* seed, bool in_condition) {
  if (seed == nullptr) accept(Tok::kPipe);
  TypeNode* left = type_optional(seed, in_condition);
  int groups = 0;
  while (at(Tok::kPipe) || at(Tok::kAmpersand)) {
    const Tok op = cur().tok;
    if (++groups > kMaxNesting) fail(cur(), "type is nested too deeply near " + shown(cur()));
    std::vector<TypeNode*> members{left};
    while (accept(op)) members.push_back(type_optional(nullptr, in_condition));
    left = make_type(op == Tok::kPipe ? TypeNodeKind::kUnion : TypeNodeKind::kIntersection, left->span.begin);
    left->items = ast_.arena.copy(members);
  }
  return left;
}

// Inside `T extends X ? A : B` a question mark followed by a type starts the choice.
TypeNode* Parser::type_optional(TypeNode* seed, bool in_condition) {
  TypeNode* node = type_primary(seed);
  for (int wraps = 0;; ++wraps) {
    if (wraps > kMaxNesting) fail(cur(), "type is nested too deeply near " + shown(cur()));
    if (at(Tok::kAt)) {
      TypeNode* annotated = make_type(TypeNodeKind::kAnnotated, node->span.begin);
      annotated->annotations = annotations();
      annotated->items = ast_.arena.copy(&node, 1);
      annotated->span.end = last_end_;
      node = annotated;
    }
    if (!at(Tok::kQuestion) || (in_condition && starts_type(ahead()))) return node;
    advance();
    if (node->kind == TypeNodeKind::kOptional) continue;
    TypeNode* optional = make_type(TypeNodeKind::kOptional, node->span.begin);
    optional->items = ast_.arena.copy(&node, 1);
    node = optional;
  }
}

List<Annotation> Parser::annotations() {
  std::vector<Annotation> list;
  while (accept(Tok::kAt)) {
    Annotation annotation{cur().name, {cur().begin, cur().end}, {}};
    expect_name("annotation name after '@'");
    // The argument list follows without a blank; otherwise `(` starts the next statement.
    if (at(Tok::kLeftParen) && cur().begin == last_end_) annotation.args = call_arguments();
    list.push_back(annotation);
  }
  return ast_.arena.copy(list);
}

TypeNode* Parser::type_primary(TypeNode* seed) {
  TypeNode* node = seed != nullptr ? seed : type_atom();
  int suffixes = 0;
  while (at(Tok::kLeftBracket)) {
    if (++suffixes + depth_ > kMaxNesting) fail(cur(), "type is nested too deeply near " + shown(cur()));
    const uint32_t line = cur().line;
    advance();
    std::vector<TypeNode*> items{node};
    if (!at(Tok::kRightBracket)) items.push_back(type());
    expect_closing(Tok::kRightBracket, Tok::kLeftBracket, line);
    node = make_type(items.size() == 1 ? TypeNodeKind::kArray : TypeNodeKind::kIndex, node->span.begin);
    node->items = ast_.arena.copy(items);
  }
  return node;
}

TypeNode* Parser::type_atom() {
  const uint32_t begin = cur().begin;
  TypeNodeKind kind;
  switch (cur().tok) {
    case Tok::kName:
      return type_name();
    case Tok::kLeftBrace:
      return type_braces();
    case Tok::kLeftParen:
      return type_parenthesised(false);
    case Tok::kNil:
      kind = TypeNodeKind::kNil;
      break;
    case Tok::kTrue:
      kind = TypeNodeKind::kTrue;
      break;
    case Tok::kFalse:
      kind = TypeNodeKind::kFalse;
      break;
    case Tok::kString:
      kind = TypeNodeKind::kString;
      break;
    case Tok::kNumber:
      kind = TypeNodeKind::kNumber;
      break;
    case Tok::kMinus:
      if (ahead().tok != Tok::kNumber) fail_expected("a type");
      advance();
      kind = TypeNodeKind::kNumber;
      break;
    default:
      fail_expected("a type");
  }
  advance();
  return make_type(kind, begin);
}

TypeNode* Parser::type_name() {
  const uint32_t begin = cur().begin;
  const uint32_t line = cur().line;
  const Tok following = ahead().tok;
  switch (static_cast<Word>(cur().name->word)) {
    case Word::kReadonly:
      if (!starts_type(ahead())) break;
      {
        advance();
        Nesting nesting(*this);
        TypeNode* node = type_primary(nullptr);
        node->readonly = true;
        return node;
      }
    case Word::kFun:
      if (following == Tok::kLeftParen) return fun_type();
      break;
    case Word::kInterface:
      if (following != Tok::kLeftBrace) break;
      {
        advance();
        const uint32_t brace_line = cur().line;
        advance();
        TypeNode* node = make_type(TypeNodeKind::kInterface, begin);
        node->fields = type_fields(Tok::kRightBrace);
        expect_closing(Tok::kRightBrace, Tok::kLeftBrace, brace_line);
        node->span.end = last_end_;
        return node;
      }
    case Word::kAsserts:
      if (following != Tok::kName) break;
      {
        advance();
        TypeNode* node = make_type(TypeNodeKind::kAsserts, begin);
        node->name = expect_name("parameter name after 'asserts'");
        if (at_word(Word::kIs)) {
          advance();
          TypeNode* narrowed = type();
          node->items = ast_.arena.copy(&narrowed, 1);
        }
        node->span.end = last_end_;
        return node;
      }
    case Word::kTypeof:
    case Word::kKeyof:
      if (following != Tok::kLeftParen) break;
      {
        const bool is_typeof = at_word(Word::kTypeof);
        advance();
        advance();
        TypeNode* node = make_type(is_typeof ? TypeNodeKind::kTypeof : TypeNodeKind::kKeyof, begin);
        if (is_typeof) {
          node->expr = expression();
        } else {
          TypeNode* of = type();
          node->items = ast_.arena.copy(&of, 1);
        }
        expect_closing(Tok::kRightParen, Tok::kLeftParen, line);
        node->span.end = last_end_;
        return node;
      }
    default:
      break;
  }
  Name* name = cur().name;
  advance();
  TypeNode* node = make_type(TypeNodeKind::kName, begin);
  node->name = name;
  if (at(Tok::kDot)) {
    advance();
    node->kind = TypeNodeKind::kQualified;
    node->qualifier = name;
    node->module = name->local;
    node->name = expect_name("type name after '.'");
    if (at(Tok::kDot)) fail(cur(), "unexpected '.': a type name has at most one dot");
  } else if (name->type_param != nullptr) {
    node->param = name->type_param;
  } else if (name->inner_type != nullptr) {
    node->decl = name->inner_type;
  } else {
    named_types_.push_back(node);
  }
  if (at(Tok::kLess)) node->items = type_arguments();
  node->span.end = last_end_;
  return node;
}

bool Parser::starts_field(size_t offset) const {
  const Tok tok = ahead(offset).tok;
  if (tok != Tok::kName && !is_reserved_word(tok)) return false;
  const Tok after = ahead(offset + 1).tok;
  return after == Tok::kColon || (after == Tok::kQuestion && ahead(offset + 2).tok == Tok::kColon);
}

List<NodeField> Parser::type_fields(Tok closing) {
  std::vector<NodeField> fields;
  while (!at(closing)) {
    if (!starts_field(0)) fail_expected("field name and ':'");
    NodeField field{cur().name, {cur().begin, cur().end}, nullptr, false};
    advance();
    field.optional = accept(Tok::kQuestion);
    expect(Tok::kColon, "after the field name");
    field.type = type();
    fields.push_back(field);
    if (!accept(Tok::kComma) && !accept(Tok::kSemicolon)) break;
  }
  return ast_.arena.copy(fields);
}

TypeNode* Parser::type_braces() {
  Nesting nesting(*this);
  const uint32_t begin = cur().begin;
  const uint32_t line = cur().line;
  advance();
  TypeNode* node;
  if (at(Tok::kRightBrace) || starts_field(0)) {
    node = make_type(TypeNodeKind::kRecord, begin);
    node->fields = type_fields(Tok::kRightBrace);
  } else if (at(Tok::kLeftBracket)) {
    const uint32_t key_line = cur().line;
    advance();
    TypeNode* items[2] = {type(), nullptr};
    expect_closing(Tok::kRightBracket, Tok::kLeftBracket, key_line);
    expect(Tok::kColon, "after the key type");
    items[1] = type();
    node = make_type(TypeNodeKind::kMap, begin);
    node->items = ast_.arena.copy(items, 2);
    if (!accept(Tok::kComma)) accept(Tok::kSemicolon);
  } else {
    TypeNode* element = type();
    node = make_type(TypeNodeKind::kArray, begin);
    node->items = ast_.arena.copy(&element, 1);
  }
  expect_closing(Tok::kRightBrace, Tok::kLeftBrace, line);
  node->span.end = last_end_;
  return node;
}

void Parser::function_type_parameters(TypeNode& function) {
  const uint32_t line = cur().line;
  expect(Tok::kLeftParen, "to start the parameter types");
  std::vector<NodeField> params;
  while (!at(Tok::kRightParen)) {
    if (accept(Tok::kEllipsis)) {
      function.variadic = true;
      accept(Tok::kColon);
      if (starts_type(cur())) function.vararg_type = type();
      break;
    }
    NodeField param{nullptr, {cur().begin, cur().end}, nullptr, false};
    if (starts_field(0)) {
      param.name = cur().name;
      advance();
      param.optional = accept(Tok::kQuestion);
      advance();
    }
    param.type = type();
    params.push_back(param);
    if (!accept(Tok::kComma)) break;
  }
  expect_closing(Tok::kRightParen, Tok::kLeftParen, line);
  function.params = ast_.arena.copy(params);
}

// What `( … )` means is known only behind it: parameters before `->`, else a list of results where
// one may stand, else one type in parentheses.
TypeNode* Parser::type_parenthesised(bool list_allowed) {
  Nesting nesting(*this);
  TypeNode* node = make_type(TypeNodeKind::kFunction, cur().begin);
  function_type_parameters(*node);
  if (accept(Tok::kArrow)) {
    node->result = function_result();
    node->span.end = last_end_;
    return node;
  }
  const List<NodeField> params = node->params;
  if (params.size() == 1 && !node->variadic && params[0].name == nullptr) return params[0].type;
  if (!list_allowed) fail_expected("'->' after the parameter types");
  node->kind = TypeNodeKind::kList;
  std::vector<TypeNode*> items;
  for (const NodeField& param : params) items.push_back(param.type);
  node->items = ast_.arena.copy(items);
  node->params = {};
  node->span.end = last_end_;
  return node;
}

TypeNode* Parser::fun_type() {
  Nesting nesting(*this);
  TypeNode* node = make_type(TypeNodeKind::kFunction, cur().begin);
  advance();
  function_type_parameters(*node);
  if (accept(Tok::kColon)) node->result = function_result();
  node->span.end = last_end_;
  return node;
}

TypeNode* Parser::function_result() {
  if (!at(Tok::kLeftParen)) return type();
  TypeNode* seed = type_parenthesised(true);
  return seed->kind == TypeNodeKind::kList ? seed : type(seed);
}

TypeNode* Parser::result_types() {
  TypeNode* first = function_result();
  if (first->kind == TypeNodeKind::kList || !at(Tok::kComma)) return first;
  std::vector<TypeNode*> items{first};
  while (accept(Tok::kComma)) items.push_back(type());
  TypeNode* list = make_type(TypeNodeKind::kList, first->span.begin);
  list->items = ast_.arena.copy(items);
  return list;
}

void Parser::close_angle(uint32_t line) {
  Token& token = tokens_[pos_];
  if (token.tok != Tok::kShiftRight && token.tok != Tok::kGreaterEqual) {
    expect_closing(Tok::kGreater, Tok::kLess, line);
    return;
  }
  // The first half closes these brackets, the second is a token of its own.
  token.tok = token.tok == Tok::kShiftRight ? Tok::kGreater : Tok::kAssign;
  ++token.begin;
  last_end_ = token.begin;
  last_line_ = token.line;
}

List<TypeParam*> Parser::type_parameters() {
  const uint32_t line = cur().line;
  advance();
  std::vector<TypeParam*> params;
  do {
    const Span span{cur().begin, cur().end};
    Name* name = expect_name("type parameter name");
    TypeParam* param = make<TypeParam>(name, span, static_cast<uint32_t>(params.size()));
    param->hidden = name->type_param;
    name->type_param = param;
    type_params_.push_back({name, param});
    if (accept(Tok::kColon)) param->constraint = type();
    params.push_back(param);
  } while (accept(Tok::kComma));
  close_angle(line);
  return ast_.arena.copy(params);
}

List<TypeNode*> Parser::type_arguments() {
  const uint32_t line = cur().line;
  advance();
  std::vector<TypeNode*> items;
  do {
    items.push_back(type());
  } while (accept(Tok::kComma));
  close_angle(line);
  return ast_.arena.copy(items);
}

}  // namespace trivium::lua
