#include "modules/contract_query.h"

#include <charconv>
#include <optional>

namespace trivium::lua {
namespace {

std::optional<int> hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

Result<std::string> unescape(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      plain += ' ';
    } else if (text[i] != '%') {
      plain += text[i];
    } else {
      const auto high = i + 1 < text.size() ? hex_digit(text[i + 1]) : std::nullopt;
      const auto low = i + 2 < text.size() ? hex_digit(text[i + 2]) : std::nullopt;
      if (!high || !low)
        return fail(kind::invalid, "invalid query: \"" + std::string(text.substr(i, 3)) + "\" is no escape");
      plain += static_cast<char>(*high * 16 + *low);
      i += 2;
    }
  }
  return plain;
}

// The whole text is digits with a sign, a point and an exponent at most: no inf, no nan.
bool looks_like_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("+-.eE0123456789") == std::string_view::npos &&
         text.find_first_of("0123456789") != std::string_view::npos;
}

template <class T>
std::optional<T> parse_number(std::string_view text) {
  T number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

Value typed(std::string text) {
  if (text == "true") return Value(true);
  if (text == "false") return Value(false);
  if (looks_like_number(text)) {
    if (const auto integer = parse_number<int64_t>(text)) return Value(*integer);
    if (const auto number = parse_number<double>(text)) return Value(*number);
  }
  return Value(std::move(text));
}

}  // namespace

Result<BindingId> parse_binding_id(std::string_view text) {
  const size_t mark = text.find('?');
  BindingId binding{std::string(text.substr(0, mark)), {}};
  std::string_view rest = mark == std::string_view::npos ? std::string_view() : text.substr(mark + 1);
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
    if (pair.empty()) continue;
    const size_t equals = pair.find('=');
    Result<std::string> key = unescape(pair.substr(0, equals));
    Result<std::string> value =
        unescape(equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1));
    if (!key) return fail(std::move(key.error()));
    if (!value) return fail(std::move(value.error()));
    if (binding.scope.find(*key) == nullptr) binding.scope.set(*key, typed(std::move(*value)));
  }
  return binding;
}

}  // namespace trivium::lua
