// Splits a chunk into tokens.
#pragma once

#include <vector>

#include "lua/frontend/ast.h"
#include "lua/frontend/names.h"
#include "lua/frontend/token.h"

namespace trivium::lua {

// How a syntax error leaves the lexer and the parser; parse() catches it, nobody else sees it.
struct SyntaxException {
  Span span;
  std::string message;
};

// All tokens of ast.source, the last one kEndOfFile. Fills ast.line_starts, and ast.edits with what a
// stock lexer would reject: unknown escapes in strings, a first line starting with `#`.
// Throws SyntaxException.
std::vector<Token> tokenize(Ast& ast, Names& names);

}  // namespace trivium::lua
