// JSON text to and from plain data, and the pieces from which other representations (the Lua stack)
// build their own codec. The rules are those of the json module.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/error.h"
#include "core/value.h"

namespace trivium::json {

// Arrays and objects nest at most this deep, in both directions.
inline constexpr size_t max_depth = 128;

// --- reading --------------------------------------------------------------------------------------

// Receives the parts of a text in order. A false return stops the reader.
class Sink {
 public:
  virtual ~Sink() = default;
  // The reader begins again from the start: forget what came before.
  virtual void restart() = 0;
  virtual bool null() = 0;
  virtual bool boolean(bool value) = 0;
  virtual bool integer(int64_t value) = 0;
  virtual bool number(double value) = 0;
  virtual bool string(std::string_view text) = 0;
  // False when the object already has the key.
  virtual bool key(std::string_view text) = 0;
  virtual bool start_object() = 0;
  virtual bool end_object() = 0;
  virtual bool start_array() = 0;
  virtual bool end_array() = 0;
};

// Reads the first value of `text` into `sink`; whatever follows it is ignored. Numbers without point
// and exponent are integers and saturate at 64 bits, others are clamped to finite doubles. Fails with
// kind Internal and the position in the message. What the sink throws passes through.
Result<> read(std::string_view text, Sink& sink);

// The first value of `text`. Nulls are kept as nil, members in their order.
Result<Value> decode(std::string_view text);

// --- writing --------------------------------------------------------------------------------------

// Where a float stands decides how very large and very small ones are written: 1e-7 alone, 0.0000001
// within an array or object.
enum class Place { top, nested };

void append_string(std::string& out, std::string_view text);  // invalid UTF-8 becomes U+FFFD
void append_integer(std::string& out, int64_t value);
void append_number(std::string& out, double value, Place place);  // null unless finite

// Members in their order. Fails with kind Internal beyond max_depth.
Result<std::string> encode(const Value& value);
Result<std::string> encode(const Object& object);
// The same at the end of `out`, which then holds a part of it if it fails.
Result<> append(std::string& out, const Object& object);

// The error of a value that nests too deep.
Error too_deep();

}  // namespace trivium::json
