#include "lua/frontend/token.h"

#include <array>

namespace trivium::lua {

std::string_view token_text(Tok tok) {
  static constexpr std::array<std::string_view, static_cast<size_t>(Tok::kEndOfFile) + 1> kTexts = {
      "name",     "and",  "break", "do",    "else",  "elseif", "end",    "false", "for",
      "function", "goto", "if",    "in",    "local", "nil",    "not",    "or",    "repeat",
      "return",   "then", "true",  "until", "while", "number", "string", "+",     "-",
      "*",        "/",    "//",    "%",     "^",     "#",      "&",      "~",     "|",
      "<<",       ">>",   "==",    "~=",    "<=",    ">=",     "<",      ">",     "=",
      "(",        ")",    "{",     "}",     "[",     "]",      "::",     ";",     ":",
      ",",        ".",    "..",    "...",   "->",    "?",      "!",      "@",     "end of file"};
  return kTexts[static_cast<size_t>(tok)];
}

}  // namespace trivium::lua
