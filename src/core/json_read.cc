#include <rapidjson/error/en.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "core/json.h"

namespace trivium::json {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The text as rapidjson reads it. The end of the view reads as NUL, which no token contains.
class Stream {
 public:
  using Ch = char;
  explicit Stream(std::string_view text) : text_(text) {}

  // NOLINTBEGIN(readability-identifier-naming): rapidjson calls these.
  Ch Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  Ch Take() {
    const Ch c = Peek();
    ++at_;
    return c;
  }
  size_t Tell() const { return at_; }
  // Only for parsing in place, which we do not.
  Ch* PutBegin() { return nullptr; }
  void Put(Ch) {}
  void Flush() {}
  size_t PutEnd(Ch*) { return 0; }
  // NOLINTEND(readability-identifier-naming)

 private:
  std::string_view text_;
  size_t at_ = 0;
};

// The length of the JSON number at the start of `text`; sets `whole` when it has neither fraction nor
// exponent.
size_t number_length(std::string_view text, bool& whole) {
  size_t at = 0;
  const auto digits = [&] {
    const size_t start = at;
    while (at < text.size() && is_digit(text[at])) ++at;
    return at > start;
  };
  whole = true;
  if (at < text.size() && text[at] == '-') ++at;
  if (at < text.size() && text[at] == '0') {
    ++at;
  } else {
    digits();
  }
  const size_t integer_end = at;
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (!digits()) return integer_end;
    whole = false;
  }
  const size_t mantissa_end = at;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    if (!digits()) return mantissa_end;
    whole = false;
  }
  return at;
}

// Out of range means too large or too small; the magnitude of the digits tells which.
double out_of_range_number(std::string_view text) {
  const bool negative = text.front() == '-';
  if (negative) text.remove_prefix(1);
  const size_t e = text.find_first_of("eE");
  int64_t exponent = 0;
  if (e != std::string_view::npos) {
    std::string_view digits = text.substr(e + 1);
    const bool down = digits.front() == '-';
    if (down || digits.front() == '+') digits.remove_prefix(1);
    const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
    if (failed != std::errc()) exponent = std::numeric_limits<int32_t>::max();
    if (down) exponent = -exponent;
    text = text.substr(0, e);
  }
  // The place of the first digit that counts, relative to the point.
  const size_t point = std::min(text.find('.'), text.size());
  const size_t first = text.find_first_not_of("0.");
  const auto place =
      first < point ? static_cast<int64_t>(point - first) : -static_cast<int64_t>(first - point);
  const double size = place + exponent > 0 ? std::numeric_limits<double>::max() : 0.0;
  return negative ? -size : size;
}

// Passes rapidjson's events on, with the checks it does not make.
class Handler : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Handler> {
 public:
  // `text` is what the user gave; it may differ from what `stream` reads in the digits of numbers.
  Handler(Sink& sink, std::string_view text, const Stream& stream)
      : sink_(sink), text_(text), stream_(stream) {}

  const char* problem() const { return problem_; }
  bool too_deep() const { return depth_ > max_depth; }

  bool Null() { return sink_.null(); }
  bool Bool(bool value) { return sink_.boolean(value); }
  bool RawNumber(const char*, rapidjson::SizeType length, bool) {
    std::string_view text = text_.substr(stream_.Tell() - length);
    bool whole = false;
    text = text.substr(0, number_length(text, whole));
    if (whole) {
      int64_t value = 0;
      const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
      if (failed == std::errc()) return sink_.integer(value);
      return sink_.integer(text.front() == '-' ? std::numeric_limits<int64_t>::min()
                                               : std::numeric_limits<int64_t>::max());
    }
    double value = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    return sink_.number(failed == std::errc() ? value : out_of_range_number(text));
  }
  bool String(const char* text, rapidjson::SizeType length, bool) {
    return valid({text, length}) && sink_.string({text, length});
  }
  bool Key(const char* text, rapidjson::SizeType length, bool) {
    return valid({text, length}) && (sink_.key({text, length}) || stop("duplicate key in object"));
  }
  bool StartObject() { return enter() && sink_.start_object(); }
  bool EndObject(rapidjson::SizeType) { return leave() && sink_.end_object(); }
  bool StartArray() { return enter() && sink_.start_array(); }
  bool EndArray(rapidjson::SizeType) { return leave() && sink_.end_array(); }

 private:
  bool stop(const char* problem) {
    problem_ = problem;
    return false;
  }
  bool enter() { return ++depth_ <= max_depth; }
  bool leave() {
    --depth_;
    return true;
  }
  // The reader has checked the bytes of the text, so a surrogate can only come from an escape.
  bool valid(std::string_view text) {
    for (size_t at = text.find('\xED'); at != std::string_view::npos; at = text.find('\xED', at + 1)) {
      if (at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) >= 0xA0) {
        return stop("lone surrogate in string");
      }
    }
    return true;
  }

  Sink& sink_;
  const std::string_view text_;
  const Stream& stream_;
  const char* problem_ = nullptr;
  size_t depth_ = 0;
};

// rapidjson refuses numbers beyond the range of doubles. This copy has a zero, padded with spaces, in
// place of every number; the handler takes the digits from the original.
std::string without_numbers(std::string_view text) {
  std::string copy(text);
  bool in_string = false;
  for (size_t at = 0; at < copy.size(); ++at) {
    if (in_string) {
      if (copy[at] == '\\') {
        ++at;
      } else if (copy[at] == '"') {
        in_string = false;
      }
    } else if (copy[at] == '"') {
      in_string = true;
    } else if (copy[at] == '-' || is_digit(copy[at])) {
      bool whole = false;
      const size_t length = number_length(std::string_view(copy).substr(at), whole);
      if (length > 1) {
        std::fill_n(copy.begin() + static_cast<std::ptrdiff_t>(at), length, ' ');
        copy[at] = '0';
        at += length - 1;
      }
    }
  }
  return copy;
}

std::string position(std::string_view text, size_t offset) {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const size_t last_newline = before.rfind('\n');
  const size_t column =
      last_newline == std::string_view::npos ? before.size() + 1 : before.size() - last_newline;
  return " at line " + std::to_string(line) + ", column " + std::to_string(column);
}

// rapidjson's sentences as the middle of ours.
std::string phrase(const char* sentence) {
  std::string text = sentence;
  if (text.ends_with('.')) text.pop_back();
  if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z') text[0] = static_cast<char>(text[0] + ('a' - 'A'));
  return text;
}

// Reads `stream_text`, which equals `text` but for digits.
rapidjson::ParseErrorCode read_from(std::string_view stream_text, std::string_view text, Sink& sink,
                                    Result<>& result) {
  constexpr unsigned flags = rapidjson::kParseStopWhenDoneFlag | rapidjson::kParseValidateEncodingFlag |
                             rapidjson::kParseNumbersAsStringsFlag;
  Stream stream(stream_text);
  Handler handler(sink, text, stream);
  rapidjson::Reader reader;
  const rapidjson::ParseResult done = reader.Parse<flags>(stream, handler);
  if (handler.too_deep()) {
    result = fail(kind::internal, "json: maximum nesting depth exceeded");
  } else if (done.IsError()) {
    const std::string what =
        handler.problem() != nullptr ? handler.problem() : phrase(rapidjson::GetParseError_En(done.Code()));
    result = fail(kind::internal, "json: " + what + position(text, done.Offset()));
  }
  return done.Code();
}

}  // namespace

Result<> read(std::string_view text, Sink& sink) {
  Result<> result;
  if (read_from(text, text, sink, result) != rapidjson::kParseErrorNumberTooBig) return result;
  sink.restart();
  result = {};
  read_from(without_numbers(text), text, sink, result);
  return result;
}

}  // namespace trivium::json
