#include <utf8proc.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "lua/sandbox/stock.h"
#include "lua/sandbox/string_functions.h"
#include "lua/sandbox/text_argument.h"

namespace trivium::lua {
namespace {

using Mapping = utf8proc_int32_t (*)(utf8proc_int32_t);

// Unicode's simple mapping leaves the sharp s alone, utf8proc maps it to its rare capital.
utf8proc_int32_t upper(utf8proc_int32_t c) { return c == 0xDF ? c : utf8proc_toupper(c); }
utf8proc_int32_t lower(utf8proc_int32_t c) { return utf8proc_tolower(c); }

std::string map_text(std::string_view text, Mapping mapping) {
  std::string mapped;
  mapped.reserve(text.size());
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  auto left = static_cast<utf8proc_ssize_t>(text.size());
  while (left > 0) {
    utf8proc_int32_t code_point = 0;
    const utf8proc_ssize_t size = utf8proc_iterate(bytes, left, &code_point);
    if (size <= 0) {  // not UTF-8: strings are bytes first
      mapped += static_cast<char>(*bytes++);
      --left;
      continue;
    }
    utf8proc_uint8_t encoded[4];
    const utf8proc_ssize_t length = utf8proc_encode_char(mapping(code_point), encoded);
    mapped.append(reinterpret_cast<const char*>(encoded), static_cast<size_t>(length));
    bytes += size;
    left -= size;
  }
  return mapped;
}

int change_case(lua_State* L, Mapping mapping, lua_CFunction ascii) {
  const std::string_view text = to_string_argument(L, 1);
  const bool is_ascii =
      std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (is_ascii) return ascii(L);
  const std::string mapped = map_text(text, mapping);
  lua_pushlstring(L, mapped.data(), mapped.size());
  return 1;
}

}  // namespace

int string_lower(lua_State* L) {
  static const lua_CFunction ascii = stock_function("string", "lower");
  return change_case(L, lower, ascii);
}

int string_upper(lua_State* L) {
  static const lua_CFunction ascii = stock_function("string", "upper");
  return change_case(L, upper, ascii);
}

}  // namespace trivium::lua
