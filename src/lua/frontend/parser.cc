#include "lua/frontend/parser.h"

#include <algorithm>

namespace trivium::lua {

// --- tokens ---------------------------------------------------------------------------------------

Parser::Parser(Ast& ast) : ast_(ast), names_(ast.arena) {}

void Parser::advance() {
  last_end_ = cur().end;
  last_line_ = cur().last_line;
  if (pos_ + 1 < tokens_.size()) ++pos_;
}

bool Parser::accept(Tok tok) {
  if (!at(tok)) return false;
  advance();
  return true;
}

void Parser::expect(Tok tok, std::string_view context) {
  if (accept(tok)) return;
  fail_expected("'" + std::string(token_text(tok)) + "' " + std::string(context));
}

void Parser::expect_closing(Tok tok, Tok opener, uint32_t line) {
  if (accept(tok)) return;
  std::string what = "'" + std::string(token_text(tok)) + "'";
  if (line != cur().line) {
    what += " to close '" + std::string(token_text(opener)) + "' at line " + std::to_string(line);
  }
  fail_expected(what);
}

Name* Parser::expect_name(std::string_view what) {
  if (!at(Tok::kName)) fail_expected(what);
  Name* name = cur().name;
  advance();
  return name;
}

void Parser::deepen() {
  if (++depth_ > kMaxNesting) fail(cur(), "nested too deeply near " + shown(cur()));
}

std::string Parser::shown(const Token& token) const {
  if (token.tok == Tok::kEndOfFile) return "end of file";
  constexpr size_t kLongest = 40;
  std::string text(ast_.text({token.begin, token.end}).substr(0, kLongest));
  if (token.end - token.begin > kLongest) text += "...";
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < 0x20; }, ' ');
  return "'" + text + "'";
}

void Parser::fail(const Token& token, std::string message) const {
  throw SyntaxException{{token.begin, token.end}, std::move(message)};
}

void Parser::fail_expected(std::string_view what) const {
  // `a != b` arrives as a non-nil assertion followed by `=`.
  if (at(Tok::kAssign) && pos_ > 0 && tokens_[pos_ - 1].tok == Tok::kBang &&
      tokens_[pos_ - 1].end == cur().begin) {
    throw SyntaxException{{tokens_[pos_ - 1].begin, cur().end},
                          "unexpected '!=': inequality is written '~='"};
  }
  fail(cur(), "expected " + std::string(what) + ", found " + shown(cur()));
}

// --- text changes ---------------------------------------------------------------------------------

void Parser::erase(uint32_t begin, uint32_t end, Edit::Kind kind) {
  if (type_depth_ == 0) ast_.edits.push_back({begin, end, kind});
}

// Once its last token is erased, nothing but a semicolon keeps a statement apart from a `(` that
// starts the next.
void Parser::end_statement() {
  if (!at(Tok::kLeftParen) || ast_.edits.empty()) return;
  Edit& last = ast_.edits.back();
  if (last.kind == Edit::Kind::kBlank && last.end == last_end_) last.kind = Edit::Kind::kStatement;
}

// --- scopes ---------------------------------------------------------------------------------------

Parser::Scope::Scope(Parser& parser)
    : parser_(parser),
      locals_(parser.locals_.size()),
      types_(parser.types_.size()),
      type_params_(parser.type_params_.size()) {
  ++parser_.scope_depth_;
}

Parser::Scope::~Scope() {
  --parser_.scope_depth_;
  while (parser_.locals_.size() > locals_) {
    const ScopedLocal& last = parser_.locals_.back();
    last.name->local = last.local->hidden;
    parser_.locals_.pop_back();
  }
  while (parser_.types_.size() > types_) {
    const ScopedType& last = parser_.types_.back();
    last.name->inner_type = last.declaration->hidden;
    last.name->inner_type_depth = last.declaration->hidden_depth;
    parser_.types_.pop_back();
  }
  while (parser_.type_params_.size() > type_params_) {
    const ScopedTypeParam& last = parser_.type_params_.back();
    last.name->type_param = last.param->hidden;
    parser_.type_params_.pop_back();
  }
}

Local* Parser::declare(Name* name, Span span, LocalKind kind) {
  Local* local = make<Local>(name, span, kind);
  local->depth = scope_depth_;
  return local;
}

void Parser::activate(Local* local) {
  Name* name = const_cast<Name*>(local->name);  // names belong to this parser until the tree is done
  local->hidden = name->local;
  name->local = local;
  locals_.push_back({name, local});
}

void Parser::declare_type(Name* name, TypeDecl* declaration) {
  if (declaration->top_level) {
    name->top_type = declaration;
    ast_.top_types.push_back(declaration);
    return;
  }
  declaration->hidden = name->inner_type;
  declaration->hidden_depth = name->inner_type_depth;
  name->inner_type = declaration;
  name->inner_type_depth = scope_depth_;
  types_.push_back({name, declaration});
}

// --- the chunk ------------------------------------------------------------------------------------

void Parser::run() {
  tokens_ = tokenize(ast_, names_);
  Function* main = make<Function>();
  main->vararg = true;
  functions_.push_back({true});
  {
    Scope scope(*this);
    main->body = block();
  }
  if (!at(Tok::kEndOfFile)) fail_expected("a statement or end of file");
  main->span = {0, static_cast<uint32_t>(ast_.source.size())};
  ast_.main = main;
  resolve_types();
  resolve_type_values();
  sort_edits();
  choose_hidden_name();
}

void Parser::resolve_types() {
  for (TypeNode* node : named_types_) node->decl = node->name->top_type;
}

void Parser::resolve_type_values() {
  for (NameExpr* expr : globals_) {
    if (expr->assigned) continue;
    if (expr->type == nullptr) expr->type = expr->name->top_type;
    if (expr->type == nullptr) {
      if (expr->name->word != static_cast<uint8_t>(Word::kPrimitive)) continue;
      const NameExpr* generic = expr->argument_of;
      const bool type_argument =
          generic != nullptr && generic->type != nullptr && !generic->type->params.empty();
      if (!expr->called && !type_argument) continue;
      expr->primitive = true;
    }
    ast_.type_references.push_back(expr);
    ast_.edits.push_back({expr->span.begin, expr->span.end, Edit::Kind::kTypeValue, expr});
  }
}

void Parser::sort_edits() {
  std::vector<Edit>& edits = ast_.edits;
  std::sort(edits.begin(), edits.end(), [](const Edit& a, const Edit& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.end > b.end;
  });
  // What lies inside an erased range goes with it.
  uint32_t end = 0;
  std::erase_if(edits, [&end](const Edit& edit) {
    if (edit.begin < end) return true;
    end = edit.end;
    return false;
  });
}

void Parser::choose_hidden_name() {
  ast_.hidden_name = "_T";
  while (names_.find(ast_.hidden_name) != nullptr) ast_.hidden_name += '_';
}

ParseResult parse(std::string_view source) {
  ParseResult result;
  auto ast = std::make_unique<Ast>();
  // Positions are 32 bits wide.
  if (source.size() > (1u << 30)) {
    result.errors.push_back({{1, 1}, {0, 0}, "source is larger than 1 GiB"});
    return result;
  }
  ast->source = source;
  try {
    Parser(*ast).run();
    result.ast = std::move(ast);
  } catch (SyntaxException& error) {
    result.errors.push_back({ast->position(error.span.begin), error.span, std::move(error.message)});
  }
  return result;
}

}  // namespace trivium::lua
