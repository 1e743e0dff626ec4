// Tokens and interned names.
#pragma once

#include <cstdint>
#include <string_view>

#include "lua/frontend/ast.h"

namespace trivium::lua {

enum class Tok : uint8_t {
  // Names first, then reserved words; the words of the dialect are contextual and stay names.
  kName,
  kAnd,
  kBreak,
  kDo,
  kElse,
  kElseif,
  kEnd,
  kFalse,
  kFor,
  kFunction,
  kGoto,
  kIf,
  kIn,
  kLocal,
  kNil,
  kNot,
  kOr,
  kRepeat,
  kReturn,
  kThen,
  kTrue,
  kUntil,
  kWhile,
  kNumber,
  kString,
  kPlus,
  kMinus,
  kStar,
  kSlash,
  kDoubleSlash,
  kPercent,
  kCaret,
  kHash,
  kAmpersand,
  kTilde,
  kPipe,
  kShiftLeft,
  kShiftRight,
  kEqual,
  kNotEqual,
  kLessEqual,
  kGreaterEqual,
  kLess,
  kGreater,
  kAssign,
  kLeftParen,
  kRightParen,
  kLeftBrace,
  kRightBrace,
  kLeftBracket,
  kRightBracket,
  kDoubleColon,
  kSemicolon,
  kColon,
  kComma,
  kDot,
  kConcat,
  kEllipsis,
  kArrow,
  kQuestion,
  kBang,
  kAt,
  kEndOfFile,
};

inline bool is_reserved_word(Tok tok) { return tok >= Tok::kAnd && tok <= Tok::kWhile; }

// How the token reads in a message: 'end', '==', name, number, string, end of file.
std::string_view token_text(Tok tok);

struct Token {
  Tok tok;
  uint32_t begin;
  uint32_t end;
  uint32_t line;       // where it starts
  uint32_t last_line;  // where it ends; differs for long strings only
  Name* name;          // of names and reserved words
};

}  // namespace trivium::lua
