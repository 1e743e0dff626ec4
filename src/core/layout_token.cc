#include "core/layout_token.h"

namespace trivium {
namespace {

struct Token {
  std::string_view text;
  Element element;
  // "Jan" and "Mon" are elements only where no lower case letter follows: "Month" is a word.
  bool whole_word = false;
};

// Among tokens that begin alike the longest comes first.
constexpr Token tokens[] = {
    {"January", Element::long_month},
    {"Jan", Element::short_month, true},
    {"Monday", Element::long_weekday},
    {"Mon", Element::short_weekday, true},
    {"MST", Element::zone_name},
    {"002", Element::zero_year_day},
    {"01", Element::zero_month},
    {"02", Element::zero_day},
    {"03", Element::zero_hour12},
    {"04", Element::zero_minute},
    {"05", Element::zero_second},
    {"06", Element::short_year},
    {"15", Element::hour},
    {"1", Element::month},
    {"2006", Element::year},
    {"2", Element::day},
    {"__2", Element::space_year_day},
    {"_2", Element::space_day},
    {"3", Element::hour12},
    {"4", Element::minute},
    {"5", Element::second},
    {"PM", Element::upper_half},
    {"pm", Element::lower_half},
};

// What may follow the "-" or "Z" of an offset.
struct OffsetToken {
  std::string_view text;
  bool colons, minutes, seconds;
};
constexpr OffsetToken offset_tokens[] = {
    {"070000", false, true, true}, {"07:00:00", true, true, true}, {"0700", false, true, false},
    {"07:00", true, true, false},  {"07", false, false, false},
};

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The length of the fraction at the start of `text`, or 0.
size_t fraction_length(std::string_view text) {
  if (text.size() < 2 || (text[1] != '0' && text[1] != '9')) return 0;
  size_t end = 1;
  while (end < text.size() && text[end] == text[1]) ++end;
  return end < text.size() && is_digit(text[end]) ? 0 : end;
}

// The element at the start of `text`; none when it starts with literal text.
LayoutChunk element_at(std::string_view text) {
  LayoutChunk chunk;
  const auto take = [&](Element element, size_t length) {
    chunk.element = element;
    chunk.text = text.substr(0, length);
    chunk.rest = text.substr(length);
  };
  const char first = text.front();
  if (first == '.' || first == ',') {
    if (const size_t length = fraction_length(text)) {
      take(text[1] == '0' ? Element::fraction : Element::short_fraction, length);
    }
    return chunk;
  }
  if (first == '-' || first == 'Z') {
    for (const OffsetToken& token : offset_tokens) {
      if (!text.substr(1).starts_with(token.text)) continue;
      take(Element::offset, 1 + token.text.size());
      chunk.offset = {first == 'Z', token.colons, token.minutes, token.seconds};
      return chunk;
    }
    return chunk;
  }
  for (const Token& token : tokens) {
    if (!text.starts_with(token.text)) continue;
    if (token.whole_word && text.size() > token.text.size() && is_lower(text[token.text.size()])) continue;
    // An underscore before a year is a separator.
    if (token.element == Element::space_day && text.substr(1).starts_with("2006")) continue;
    take(token.element, token.text.size());
    return chunk;
  }
  return chunk;
}

}  // namespace

LayoutChunk next_chunk(std::string_view layout) {
  for (size_t at = 0; at < layout.size(); ++at) {
    LayoutChunk chunk = element_at(layout.substr(at));
    if (chunk.element != Element::none) {
      chunk.literal = layout.substr(0, at);
      return chunk;
    }
  }
  LayoutChunk chunk;
  chunk.literal = layout;
  return chunk;
}

}  // namespace trivium
