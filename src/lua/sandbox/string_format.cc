// string.format. A directive that does not fit its argument leaves a marker such as "%!d(nil)" in
// the text instead of raising.
#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cinttypes>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "lua/sandbox/string_functions.h"
#include "lua/sandbox/text_argument.h"

namespace trivium::lua {
namespace {

// Wider fields are cut: a width is a column, not a way to allocate.
constexpr int max_width = 4096;

struct Directive {
  bool plain() const {
    return !left && !plus && !space && !alternate && !zero && width == 0 && precision < 0;
  }

  bool left = false, plus = false, space = false, alternate = false, zero = false;
  int width = 0;
  int precision = -1;
  char conversion = '\0';
};

int read_number(std::string_view text, size_t& at) {
  int number = 0;
  while (at < text.size() && std::isdigit(static_cast<unsigned char>(text[at])) != 0) {
    number = std::min(number * 10 + (text[at++] - '0'), max_width);
  }
  return number;
}

bool is_flag(char c) { return c == '-' || c == '+' || c == ' ' || c == '#' || c == '0'; }

// Reads what follows a "%". The conversion stays '\0' when the text ends first.
Directive read_directive(std::string_view text, size_t& at) {
  Directive directive;
  for (; at < text.size() && is_flag(text[at]); ++at) {
    switch (text[at]) {
      case '-':
        directive.left = true;
        break;
      case '+':
        directive.plus = true;
        break;
      case ' ':
        directive.space = true;
        break;
      case '#':
        directive.alternate = true;
        break;
      default:
        directive.zero = true;
    }
  }
  directive.width = read_number(text, at);
  if (at < text.size() && text[at] == '.') {
    ++at;
    directive.precision = read_number(text, at);
  }
  if (at < text.size()) directive.conversion = text[at++];
  return directive;
}

// Where the character after the one at `at` starts; a byte that is not UTF-8 counts as one.
size_t next_character(std::string_view text, size_t at) {
  ++at;
  while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) ++at;
  return at;
}

int count_characters(std::string_view text) {
  int count = 0;
  for (size_t at = 0; at < text.size() && count < max_width; at = next_character(text, at)) ++count;
  return count;
}

void pad(std::string& out, const Directive& directive, std::string_view text) {
  const int missing = directive.width > 0 ? directive.width - count_characters(text) : 0;
  if (missing > 0 && !directive.left) out.append(static_cast<size_t>(missing), ' ');
  out += text;
  if (missing > 0 && directive.left) out.append(static_cast<size_t>(missing), ' ');
}

// Formats one number the way C does, with the flags that C defines for the conversion.
template <class Number>
void print(std::string& out, const Directive& directive, const char* length, char conversion, Number number) {
  std::array<char, 16> spec{};
  char* end = spec.data();
  *end++ = '%';
  const bool is_signed = std::strchr("oxXu", conversion) == nullptr;
  const bool is_decimal = std::strchr("diu", conversion) != nullptr;
  if (directive.left) *end++ = '-';
  if (directive.plus && is_signed) *end++ = '+';
  if (directive.space && is_signed) *end++ = ' ';
  if (directive.alternate && !is_decimal) *end++ = '#';
  if (directive.zero) *end++ = '0';
  std::memcpy(end, "*.*", 3);
  end += 3;
  end = std::copy_n(length, std::strlen(length), end);
  *end = conversion;
  const auto write = [&](char* to, size_t size) {
    return std::snprintf(to, size, spec.data(), directive.width, directive.precision, number);
  };
  std::array<char, 512> small;
  const int needed = write(small.data(), small.size());
  if (needed < static_cast<int>(small.size())) {
    out.append(small.data(), static_cast<size_t>(std::max(needed, 0)));
    return;
  }
  const size_t start = out.size();
  out.resize(start + static_cast<size_t>(needed) + 1);
  write(out.data() + start, static_cast<size_t>(needed) + 1);
  out.pop_back();
}

// The shortest digits that read back the same, in the form %g would choose.
std::string shortest(double number, bool upper) {
  std::array<char, 400> digits;
  auto done = std::to_chars(digits.begin(), digits.end(), number, std::chars_format::scientific);
  const std::string_view text(digits.data(), static_cast<size_t>(done.ptr - digits.data()));
  const int exponent = std::atoi(std::string(text.substr(text.find('e') + 1)).c_str());
  if (exponent >= -4 && exponent < 6) {
    done = std::to_chars(digits.begin(), digits.end(), number, std::chars_format::fixed);
  }
  std::string result(digits.data(), done.ptr);
  if (upper) std::transform(result.begin(), result.end(), result.begin(), ::toupper);
  return result;
}

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (c == '\n') {
      result += "\\n";
    } else if (c == '\r') {
      result += "\\r";
    } else if (c == '\t') {
      result += "\\t";
    } else if (byte < 0x20 || byte == 0x7F) {
      std::array<char, 5> code;
      std::snprintf(code.data(), code.size(), "\\%03d", byte);
      result += code.data();
    } else {
      result += c;
    }
  }
  return result += '"';
}

class Formatter {
 public:
  Formatter(lua_State* L, std::string_view format) : L_(L), format_(format), arguments_(lua_gettop(L)) {
    out_.reserve(format.size() + 64);
  }

  std::string run() {
    size_t at = 0;
    while (at < format_.size()) {
      const size_t percent = std::min(format_.find('%', at), format_.size());
      out_ += format_.substr(at, percent - at);
      if (percent == format_.size()) break;
      at = percent + 1;
      apply(read_directive(format_, at));
    }
    return std::move(out_);
  }

 private:
  void apply(const Directive& directive) {
    if (directive.conversion == '\0') {
      out_ += "%!(NOVERB)";
      return;
    }
    if (directive.conversion == '%') {
      out_ += '%';
      return;
    }
    if (++argument_ > arguments_) return mark(directive, "MISSING");
    flatten_error(L_, argument_);
    if (!convert(directive)) mark_argument(directive);
  }

  // Whether the argument fits the conversion; if so its text has been added.
  bool convert(const Directive& directive) {
    switch (directive.conversion) {
      case 'd':
      case 'i':
        return add_integer(directive, 'd');
      case 'x':
      case 'X':
        return lua_type(L_, argument_) == LUA_TSTRING ? add_hex(directive)
                                                      : add_integer(directive, directive.conversion);
      case 'o':
      case 'u':
        return add_integer(directive, directive.conversion);
      case 'c':
        return add_character(directive);
      case 'e':
      case 'E':
      case 'f':
      case 'F':
      case 'g':
      case 'G':
      case 'a':
      case 'A':
        return add_float(directive);
      case 's':
      case 'v':
        return add_text(directive);
      case 'q':
        return add_quoted(directive);
      default:
        return false;
    }
  }

  bool add_integer(const Directive& directive, char conversion) {
    int is_integer = 0;
    const lua_Integer integer = lua_tointegerx(L_, argument_, &is_integer);
    if (is_integer != 0 && conversion == 'd' && directive.plain()) {
      std::array<char, 24> digits;
      const auto done = std::to_chars(digits.begin(), digits.end(), integer);
      out_.append(digits.data(), done.ptr);
      return true;
    }
    if (is_integer != 0) {
      print(out_, directive, "ll", conversion, static_cast<long long>(integer));
      return true;
    }
    int is_number = 0;
    const double number = std::trunc(lua_tonumberx(L_, argument_, &is_number));
    if (is_number == 0 || !std::isfinite(number)) return false;
    if (number >= -0x1p63 && number < 0x1p63) {
      print(out_, directive, "ll", conversion, static_cast<long long>(number));
      return true;
    }
    Directive whole = directive;
    whole.precision = 0;
    print(out_, whole, "", 'f', number);
    return true;
  }

  bool add_character(const Directive& directive) {
    int is_number = 0;
    const double number = lua_tonumberx(L_, argument_, &is_number);
    if (is_number == 0 || !(number > -1 && number < 0x110000)) return false;
    const auto code = static_cast<unsigned>(number);
    if (code < 0x100) {
      const char byte = static_cast<char>(code);
      pad(out_, directive, {&byte, 1});
    } else {
      lua_pushfstring(L_, "%U", static_cast<unsigned long>(code));
      pad(out_, directive, lua_tostring(L_, -1));
      lua_pop(L_, 1);
    }
    return true;
  }

  bool add_float(const Directive& directive) {
    int is_number = 0;
    const double number = lua_tonumberx(L_, argument_, &is_number);
    if (is_number == 0) return false;
    if (!std::isfinite(number)) {
      pad(out_, directive, std::isnan(number) ? "NaN" : number > 0 ? "+Inf" : "-Inf");
      return true;
    }
    const bool general = directive.conversion == 'g' || directive.conversion == 'G';
    if (!general || directive.precision >= 0 || directive.alternate) {
      print(out_, directive, "", directive.conversion, number);
      return true;
    }
    std::string text = shortest(number, directive.conversion == 'G');
    if (text[0] != '-' && (directive.plus || directive.space)) text.insert(0, 1, directive.plus ? '+' : ' ');
    if (directive.zero && !directive.left && static_cast<int>(text.size()) < directive.width) {
      const size_t sign = std::isdigit(static_cast<unsigned char>(text[0])) != 0 ? 0 : 1;
      text.insert(sign, static_cast<size_t>(directive.width) - text.size(), '0');
    }
    pad(out_, directive, text);
    return true;
  }

  bool add_text(const Directive& directive) {
    size_t length = 0;
    if (lua_type(L_, argument_) == LUA_TSTRING && directive.plain()) {
      const char* whole = lua_tolstring(L_, argument_, &length);
      out_.append(whole, length);
      return true;
    }
    const char* data = luaL_tolstring(L_, argument_, &length);
    std::string_view text(data, length);
    if (directive.precision >= 0) {
      size_t end = 0;
      for (int i = 0; i < directive.precision && end < text.size(); ++i) end = next_character(text, end);
      text = text.substr(0, end);
    }
    pad(out_, directive, text);
    lua_pop(L_, 1);
    return true;
  }

  bool add_hex(const Directive& directive) {
    size_t length = 0;
    const char* data = lua_tolstring(L_, argument_, &length);
    const char* digits = directive.conversion == 'x' ? "0123456789abcdef" : "0123456789ABCDEF";
    std::string text;
    for (size_t i = 0; i < length; ++i) {
      const auto byte = static_cast<unsigned char>(data[i]);
      text += digits[byte >> 4];
      text += digits[byte & 15];
    }
    pad(out_, directive, text);
    return true;
  }

  bool add_quoted(const Directive& directive) {
    const int type = lua_type(L_, argument_);
    if (type != LUA_TSTRING && type != LUA_TNUMBER && type != LUA_TBOOLEAN && type != LUA_TNIL) return false;
    size_t length = 0;
    const char* data = luaL_tolstring(L_, argument_, &length);
    pad(out_, directive, type == LUA_TSTRING ? quoted({data, length}) : std::string(data, length));
    lua_pop(L_, 1);
    return true;
  }

  void mark(const Directive& directive, std::string_view what) {
    out_ += "%!";
    out_ += directive.conversion;
    out_ += '(';
    out_ += what;
    out_ += ')';
  }

  // Marks a value that does not fit with its type and text, without running metamethods.
  void mark_argument(const Directive& directive) {
    const int type = lua_type(L_, argument_);
    std::string what = lua_typename(L_, type);
    if (type == LUA_TBOOLEAN) what = lua_toboolean(L_, argument_) != 0 ? "bool=true" : "bool=false";
    if (type == LUA_TSTRING || type == LUA_TNUMBER) {
      size_t length = 0;
      lua_pushvalue(L_, argument_);
      const char* data = lua_tolstring(L_, -1, &length);
      what += '=';
      what.append(data, length);
      lua_pop(L_, 1);
    }
    mark(directive, what);
  }

  lua_State* L_;
  std::string_view format_;
  int arguments_;
  int argument_ = 1;
  std::string out_;
};

}  // namespace

int string_format(lua_State* L) {
  const std::string_view format = to_string_argument(L, 1);
  luaL_checkstack(L, 4, nullptr);
  const std::string text = Formatter(L, format).run();
  lua_pushlstring(L, text.data(), text.size());
  return 1;
}

}  // namespace trivium::lua
