// The encoding in which values cross isolates: arguments, results, messages. One compact buffer,
// written from one Lua heap (lua/codec.h) or from plain data, read into another.
//
//   value   := [with_refs] plain           with_refs announces that refs follow
//   plain   := nil | false | true | int zigzag-varint | double 8 bytes | string | table | ref | error
//   table   := flags u8, array-count varint, pair-count u32, values…, pairs…, [metatable value]
//   ref     := varint index of an earlier table of the same value, in order of appearance
//   error   := kind string, message string, retryable u8, context string, details value
//
// Integers and doubles keep their subtype, strings their bytes; shared references and cycles within
// one value are kept by refs. The format lives in memory only and may change with any version.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "core/error.h"
#include "core/value.h"

namespace trivium {

// A list of encoded values. Default-constructed: no values.
struct Values {
  std::string bytes;
  uint32_t count = 0;

  bool empty() const { return count == 0; }
};

namespace wire {

enum Tag : uint8_t { nil, false_, true_, integer, number, string, table, ref, error, with_refs };

enum TableFlag : uint8_t { object_when_empty = 1, has_metatable = 2 };

class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  void byte(uint8_t b) { out_.push_back(static_cast<char>(b)); }
  void varint(uint64_t v) {
    while (v >= 0x80) {
      byte(static_cast<uint8_t>(v) | 0x80);
      v >>= 7;
    }
    byte(static_cast<uint8_t>(v));
  }
  void u32(uint32_t v) { out_.append(reinterpret_cast<const char*>(&v), sizeof v); }
  void put_integer(int64_t v) {
    byte(integer);
    varint((static_cast<uint64_t>(v) << 1) ^ static_cast<uint64_t>(v >> 63));
  }
  void put_number(double v) {
    byte(number);
    out_.append(reinterpret_cast<const char*>(&v), sizeof v);
  }
  void text(std::string_view s) {
    varint(s.size());
    out_.append(s);
  }
  void put_string(std::string_view s) {
    byte(string);
    text(s);
  }
  size_t size() const { return out_.size(); }
  void patch_u8(size_t at, uint8_t v) { out_[at] = static_cast<char>(v); }
  void patch_u32(size_t at, uint32_t v) { std::memcpy(out_.data() + at, &v, sizeof v); }

 private:
  std::string& out_;
};

// Reads what Writer wrote. The bytes come from this runtime, so lengths are trusted.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  bool at_end() const { return at_ == end_; }
  uint8_t peek() const { return static_cast<uint8_t>(*at_); }
  uint8_t byte() { return static_cast<uint8_t>(*at_++); }
  uint64_t varint() {
    uint64_t v = 0;
    for (int shift = 0;; shift += 7) {
      const uint8_t b = byte();
      v |= static_cast<uint64_t>(b & 0x7f) << shift;
      if (b < 0x80) return v;
    }
  }
  uint32_t u32() {
    uint32_t v;
    std::memcpy(&v, at_, sizeof v);
    at_ += sizeof v;
    return v;
  }
  int64_t read_integer() {
    const uint64_t v = varint();
    return static_cast<int64_t>(v >> 1) ^ -static_cast<int64_t>(v & 1);
  }
  double read_number() {
    double v;
    std::memcpy(&v, at_, sizeof v);
    at_ += sizeof v;
    return v;
  }
  std::string_view text() {
    const size_t n = varint();
    const std::string_view s(at_, n);
    at_ += n;
    return s;
  }

 private:
  const char* at_;
  const char* end_;
};

void put(Writer& out, const Value& value);
void put(Writer& out, const Error& error);
// The rest of an error, its tag already read.
Error read_error(Reader& in);

}  // namespace wire

// Plain data as one more value of the list.
void append(Values& values, const Value& value);
void append(Values& values, const Error& error);
Values encode_values(const Array& values);

// The list as plain data. Tables with positive integer keys become arrays, others objects with keys
// turned into text; error objects become their message.
Array decode_values(const Values& values);
// The first value, or nil.
Value first_value(const Values& values);

}  // namespace trivium
