#include "lua/frontend/lexer.h"

#include <array>
#include <cstdint>

namespace trivium::lua {

namespace {

enum CharClass : uint8_t {
  kOther = 0,
  kNameStart = 1,
  kDigit = 2,
  kSpace = 4,
  kNewline = 8,
  kHexLetter = 16
};

constexpr std::array<uint8_t, 256> make_classes() {
  std::array<uint8_t, 256> classes{};
  for (int c = 'a'; c <= 'z'; ++c) classes[c] = kNameStart;
  for (int c = 'A'; c <= 'Z'; ++c) classes[c] = kNameStart;
  for (int c = 'a'; c <= 'f'; ++c) classes[c] |= kHexLetter;
  for (int c = 'A'; c <= 'F'; ++c) classes[c] |= kHexLetter;
  classes['_'] = kNameStart;
  for (int c = '0'; c <= '9'; ++c) classes[c] = kDigit;
  for (char c : {' ', '\t', '\v', '\f'}) classes[static_cast<unsigned char>(c)] = kSpace;
  classes['\n'] = classes['\r'] = kNewline;
  return classes;
}

constexpr std::array<uint8_t, 256> kClasses = make_classes();

bool is(char c, int classes) { return (kClasses[static_cast<unsigned char>(c)] & classes) != 0; }

class Lexer {
 public:
  Lexer(Ast& ast, Names& names) : ast_(ast), names_(names), text_(ast.source) {}

  std::vector<Token> run() {
    std::vector<Token> tokens;
    tokens.reserve(text_.size() / 4 + 16);
    ast_.line_starts.push_back(0);
    skip_prelude();
    do {
      tokens.push_back(next());
    } while (tokens.back().tok != Tok::kEndOfFile);
    return tokens;
  }

 private:
  // NUL past the end, which no rule below accepts where it matters.
  char at(size_t i) const { return i < text_.size() ? text_[i] : '\0'; }
  char here() const { return at(pos_); }

  [[noreturn]] void fail(size_t begin, size_t end, std::string message) const {
    throw SyntaxException{{static_cast<uint32_t>(begin), static_cast<uint32_t>(end)}, std::move(message)};
  }

  // A byte order mark and a `#!` line are not part of the chunk.
  void skip_prelude() {
    size_t end = text_.starts_with("\xEF\xBB\xBF") ? 3 : 0;
    if (at(end) == '#') {
      while (end < text_.size() && !is(text_[end], kNewline)) ++end;
    }
    if (end > 0) ast_.edits.push_back({0, static_cast<uint32_t>(end), Edit::Kind::kBlank});
    pos_ = end;
  }

  void newline() {
    const char first = text_[pos_++];
    if (is(here(), kNewline) && here() != first && pos_ < text_.size()) ++pos_;
    ++line_;
    ast_.line_starts.push_back(static_cast<uint32_t>(pos_));
  }

  // Skips blanks and comments.
  void skip_blanks() {
    while (pos_ < text_.size()) {
      const char c = text_[pos_];
      if (is(c, kSpace)) {
        ++pos_;
      } else if (is(c, kNewline)) {
        newline();
      } else if (c == '-' && at(pos_ + 1) == '-') {
        const size_t begin = pos_;
        pos_ += 2;
        const int level = here() == '[' ? bracket_level() : -1;
        if (level >= 0) {
          long_bracket(begin, level, "comment");
        } else {
          while (pos_ < text_.size() && !is(text_[pos_], kNewline)) ++pos_;
        }
      } else {
        return;
      }
    }
  }

  // Number of `=` of the long bracket that starts here, -1 when none does.
  int bracket_level() const {
    size_t i = pos_ + 1;
    while (at(i) == '=') ++i;
    return at(i) == '[' ? static_cast<int>(i - pos_ - 1) : -1;
  }

  void long_bracket(size_t begin, int level, const char* what) {
    const uint32_t begin_line = line_;
    pos_ += static_cast<size_t>(level) + 2;
    while (pos_ < text_.size()) {
      if (is(text_[pos_], kNewline)) {
        newline();
        continue;
      }
      if (text_[pos_++] != ']') continue;
      size_t i = pos_;
      while (at(i) == '=') ++i;
      if (at(i) == ']' && static_cast<int>(i - pos_) == level) {
        pos_ = i + 1;
        return;
      }
    }
    fail(begin, begin + 2 + static_cast<size_t>(level),
         "unfinished long " + std::string(what) + ": expected ']" +
             std::string(static_cast<size_t>(level), '=') + "]' to close line " + std::to_string(begin_line) +
             ", found end of file");
  }

  Token make(Tok tok, size_t begin, uint32_t line, Name* name = nullptr) const {
    return {tok, static_cast<uint32_t>(begin), static_cast<uint32_t>(pos_), line, line_, name};
  }

  Token next() {
    skip_blanks();
    const size_t begin = pos_;
    const uint32_t line = line_;
    if (pos_ >= text_.size()) return make(Tok::kEndOfFile, begin, line);
    const char c = text_[pos_];
    if (is(c, kNameStart)) return name();
    if (is(c, kDigit) || (c == '.' && is(at(pos_ + 1), kDigit))) {
      number();
      return make(Tok::kNumber, begin, line);
    }
    if (c == '"' || c == '\'') {
      short_string(c);
      return make(Tok::kString, begin, line);
    }
    if (c == '[') {
      const int level = bracket_level();
      if (level >= 0) {
        long_bracket(begin, level, "string");
        return make(Tok::kString, begin, line);
      }
    }
    const Tok tok = symbol(c);
    return make(tok, begin, line);
  }

  Token name() {
    const size_t begin = pos_;
    uint32_t hash = Names::kHashSeed;
    while (pos_ < text_.size() && is(text_[pos_], kNameStart | kDigit)) {
      hash = Names::hash_step(hash, text_[pos_++]);
    }
    Name* name = names_.intern(text_.substr(begin, pos_ - begin), hash);
    return make(static_cast<Tok>(name->keyword), begin, line_, name);
  }

  void digits(int classes) {
    while (is(here(), classes)) ++pos_;
  }

  void number() {
    const size_t begin = pos_;
    const bool hex = here() == '0' && (at(pos_ + 1) | 0x20) == 'x';
    if (hex) pos_ += 2;
    const int classes = hex ? kDigit | kHexLetter : kDigit;
    const size_t whole = pos_;
    digits(classes);
    size_t count = pos_ - whole;
    if (here() == '.') {
      const size_t fraction = ++pos_;
      digits(classes);
      count += pos_ - fraction;
    }
    bool valid = count > 0;
    if ((here() | 0x20) == (hex ? 'p' : 'e')) {
      ++pos_;
      if (here() == '+' || here() == '-') ++pos_;
      const size_t exponent = pos_;
      digits(kDigit);
      valid = valid && pos_ > exponent;
    }
    // What follows directly would be read as part of the numeral.
    if (is(here(), kNameStart | kDigit) || here() == '.') {
      valid = false;
      while (is(here(), kNameStart | kDigit) || here() == '.') ++pos_;
    }
    if (!valid) {
      fail(begin, pos_, "malformed number near '" + std::string(text_.substr(begin, pos_ - begin)) + "'");
    }
  }

  void short_string(char quote) {
    const size_t begin = pos_++;
    for (;;) {
      if (pos_ >= text_.size() || is(text_[pos_], kNewline)) {
        fail(begin, pos_,
             std::string("unfinished string: expected closing ") + quote + ", found end of " +
                 (pos_ >= text_.size() ? "file" : "line"));
      }
      const char c = text_[pos_];
      if (c == '\\') {
        escape();
      } else {
        ++pos_;
        if (c == quote) return;
      }
    }
  }

  void escape() {
    const size_t begin = pos_++;
    if (pos_ >= text_.size()) return;
    const char c = text_[pos_];
    if (is(c, kNewline)) return newline();
    if (is(c, kDigit)) {
      int value = 0;
      for (int i = 0; i < 3 && is(here(), kDigit); ++i) value = value * 10 + (text_[pos_++] - '0');
      if (value > 255) {
        fail(begin, pos_,
             "decimal escape '" + std::string(text_.substr(begin, pos_ - begin)) + "' is above 255");
      }
      return;
    }
    ++pos_;
    switch (c) {
      case 'a':
      case 'b':
      case 'f':
      case 'n':
      case 'r':
      case 't':
      case 'v':
      case '\\':
      case '"':
      case '\'':
        return;
      case 'z':
        while (pos_ < text_.size() && is(text_[pos_], kSpace | kNewline)) {
          if (is(text_[pos_], kNewline)) {
            newline();
          } else {
            ++pos_;
          }
        }
        return;
      case 'x':
        if (is(here(), kDigit | kHexLetter) && is(at(pos_ + 1), kDigit | kHexLetter)) {
          pos_ += 2;
          return;
        }
        break;
      case 'u':
        if (unicode_escape()) return;
        break;
      default:
        break;
    }
    // Stands for the character itself.
    ast_.edits.push_back(
        {static_cast<uint32_t>(begin), static_cast<uint32_t>(begin + 1), Edit::Kind::kDelete});
  }

  bool unicode_escape() {
    if (here() != '{') return false;
    size_t i = pos_ + 1;
    uint64_t value = 0;
    while (is(at(i), kDigit | kHexLetter) && value < 0x80000000u) {
      const char c = at(i++);
      value = value * 16 + static_cast<uint64_t>(is(c, kDigit) ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    if (i == pos_ + 1 || at(i) != '}' || value >= 0x80000000u) return false;
    pos_ = i + 1;
    return true;
  }

  Tok take(size_t count, Tok tok) {
    pos_ += count;
    return tok;
  }

  Tok symbol(char c) {
    const char second = at(pos_ + 1);
    switch (c) {
      case '+':
        return take(1, Tok::kPlus);
      case '-':
        return second == '>' ? take(2, Tok::kArrow) : take(1, Tok::kMinus);
      case '*':
        return take(1, Tok::kStar);
      case '/':
        return second == '/' ? take(2, Tok::kDoubleSlash) : take(1, Tok::kSlash);
      case '%':
        return take(1, Tok::kPercent);
      case '^':
        return take(1, Tok::kCaret);
      case '#':
        return take(1, Tok::kHash);
      case '&':
        return take(1, Tok::kAmpersand);
      case '~':
        return second == '=' ? take(2, Tok::kNotEqual) : take(1, Tok::kTilde);
      case '|':
        return take(1, Tok::kPipe);
      case '<':
        return second == '<'   ? take(2, Tok::kShiftLeft)
               : second == '=' ? take(2, Tok::kLessEqual)
                               : take(1, Tok::kLess);
      case '>':
        return second == '>'   ? take(2, Tok::kShiftRight)
               : second == '=' ? take(2, Tok::kGreaterEqual)
                               : take(1, Tok::kGreater);
      case '=':
        return second == '=' ? take(2, Tok::kEqual) : take(1, Tok::kAssign);
      case '(':
        return take(1, Tok::kLeftParen);
      case ')':
        return take(1, Tok::kRightParen);
      case '{':
        return take(1, Tok::kLeftBrace);
      case '}':
        return take(1, Tok::kRightBrace);
      case '[':
        return take(1, Tok::kLeftBracket);
      case ']':
        return take(1, Tok::kRightBracket);
      case ';':
        return take(1, Tok::kSemicolon);
      case ':':
        return second == ':' ? take(2, Tok::kDoubleColon) : take(1, Tok::kColon);
      case ',':
        return take(1, Tok::kComma);
      case '.':
        if (second != '.') return take(1, Tok::kDot);
        return at(pos_ + 2) == '.' ? take(3, Tok::kEllipsis) : take(2, Tok::kConcat);
      case '?':
        return take(1, Tok::kQuestion);
      case '!':
        return take(1, Tok::kBang);
      case '@':
        return take(1, Tok::kAt);
      default:
        unexpected();
    }
  }

  [[noreturn]] void unexpected() const {
    size_t end = pos_ + 1;
    while (end < text_.size() && (static_cast<unsigned char>(text_[end]) & 0xC0) == 0x80) ++end;
    const unsigned char c = static_cast<unsigned char>(text_[pos_]);
    if (c >= 0x20 && c != 0x7F) {
      fail(pos_, end, "unexpected symbol '" + std::string(text_.substr(pos_, end - pos_)) + "'");
    }
    fail(pos_, end, "unexpected character with code " + std::to_string(c));
  }

  Ast& ast_;
  Names& names_;
  const std::string_view text_;
  size_t pos_ = 0;
  uint32_t line_ = 1;
};

}  // namespace

std::vector<Token> tokenize(Ast& ast, Names& names) { return Lexer(ast, names).run(); }

}  // namespace trivium::lua
