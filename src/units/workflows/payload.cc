#include "units/workflows/payload.h"

#include <charconv>
#include <vector>

#include "core/json.h"
#include "units/payload_limit.h"

namespace trivium::units::workflows {
namespace {

class JsonWriter {
 public:
  JsonWriter(wire::Reader& in, std::string& out) : in_(in), out_(out) {}

  // False: `problem` says why.
  bool value(size_t depth) {
    switch (in_.byte()) {
      case wire::with_refs:
        return value(depth);
      case wire::false_:
        out_ += "false";
        return true;
      case wire::true_:
        out_ += "true";
        return true;
      case wire::integer:
        json::append_integer(out_, in_.read_integer());
        return true;
      case wire::number:
        json::append_number(out_, in_.read_number(), depth == 0 ? json::Place::top : json::Place::nested);
        return true;
      case wire::string:
        json::append_string(out_, in_.text());
        return true;
      case wire::table:
        return table(depth);
      case wire::ref:
        return reference(depth);
      case wire::error: {
        const Error error = wire::read_error(in_);
        json::append_string(out_,
                            error.context.empty() ? error.message : error.context + ": " + error.message);
        return true;
      }
      default:
        out_ += "null";
        return true;
    }
  }

  const char* problem = "";
  bool too_large = false;  // the problem: it stopped beyond the limit

 private:
  // In order of appearance. A shared table is read again for each reference.
  struct Table {
    explicit Table(const wire::Reader& at) : contents(at), end(at) {}

    wire::Reader contents;
    bool open = false;  // being written: a reference to it is a cycle
    // Behind its metatable, and the number of the next table from there on; 0: not been there yet.
    wire::Reader end;
    size_t next = 0;
  };

  bool refuse(const char* why) {
    problem = why;
    return false;
  }

  // The number of the table that begins here.
  size_t enter() {
    if (next_ == tables_.size()) tables_.emplace_back(in_);
    return next_++;
  }

  bool reference(size_t depth) {
    const size_t index = in_.varint();
    if (tables_[index].open) return refuse("cannot encode recursively nested tables to JSON");
    // A few tables that share others can stand for more than any memory holds.
    if (out_.size() > max_payload_bytes) {
      too_large = true;
      return false;
    }
    const wire::Reader behind = in_;
    const size_t next = next_;
    in_ = tables_[index].contents;
    next_ = index;
    if (!table(depth)) return false;
    in_ = behind;
    next_ = next;
    return true;
  }

  bool table(size_t depth) {
    if (depth == json::max_depth) return refuse("exceeded maximum nesting depth for JSON encoding: 128");
    const size_t self = enter();
    tables_[self].open = true;
    const uint8_t flags = in_.byte();
    const uint64_t count = in_.varint();
    const uint32_t pairs = in_.u32();
    if (!(count > 0 ? array(count, pairs, depth) : object(flags, pairs, depth))) return false;
    tables_[self].open = false;
    if (flags & wire::has_metatable) pass_metatable(self);
    return true;
  }

  // Metatables are no part of the text, but tables that first appear in them may be referred to later.
  void pass_metatable(size_t self) {
    if (tables_[self].next != 0) {
      in_ = tables_[self].end;
      next_ = tables_[self].next;
      return;
    }
    pass();
    tables_[self].end = in_;
    tables_[self].next = next_;
  }

  void pass() {
    switch (in_.byte()) {
      case wire::integer:
      case wire::ref:
        in_.varint();
        return;
      case wire::number:
        in_.read_number();
        return;
      case wire::string:
        in_.text();
        return;
      case wire::error:
        wire::read_error(in_);
        return;
      case wire::table:
        return pass_table();
      default:
        return;
    }
  }

  void pass_table() {
    enter();
    const uint8_t flags = in_.byte();
    uint64_t values = in_.varint();
    values += uint64_t{2} * in_.u32();
    if (flags & wire::has_metatable) ++values;
    for (uint64_t i = 0; i < values; ++i) pass();
  }

  bool array(uint64_t count, uint32_t pairs, size_t depth) {
    if (pairs > 0) {
      // Further integer keys make it sparse, others mixed; the first that follows decides.
      std::string ignored;
      for (uint64_t i = 0; i < count; ++i) {
        if (!value(depth + 1)) return false;
      }
      return refuse(in_.peek() == wire::integer
                        ? "cannot encode sparse array: element is missing"
                        : "cannot encode mixed-key table: keys must be either all strings or 1..n");
    }
    out_ += '[';
    for (uint64_t i = 0; i < count; ++i) {
      if (i > 0) out_ += ',';
      if (in_.peek() == wire::nil) return refuse("cannot encode sparse array: element is missing");
      if (!value(depth + 1)) return false;
    }
    out_ += ']';
    return true;
  }

  bool object(uint8_t flags, uint32_t pairs, size_t depth) {
    if (pairs == 0) {
      out_ += flags & wire::object_when_empty ? "{}" : "[]";
      return true;
    }
    bool named = false;
    bool numbered = false;
    out_ += '{';
    for (uint32_t i = 0; i < pairs; ++i) {
      if (i > 0) out_ += ',';
      if (!key(named, numbered)) return false;
      out_ += ':';
      if (!value(depth + 1)) return false;
    }
    out_ += '}';
    if (!numbered) return true;
    return refuse(named ? "cannot encode mixed-key table: keys must be either all strings or 1..n"
                        : "cannot encode sparse array: element is missing");
  }

  bool key(bool& named, bool& numbered) {
    switch (in_.byte()) {
      case wire::string:
        named = true;
        json::append_string(out_, in_.text());
        return true;
      case wire::true_:
        out_ += "\"true\"";
        return true;
      case wire::false_:
        out_ += "\"false\"";
        return true;
      case wire::integer: {
        const int64_t number = in_.read_integer();
        (number > 0 ? numbered : named) = true;
        json::append_string(out_, std::to_string(number));
        return true;
      }
      case wire::number: {
        std::string digits;
        json::append_number(digits, in_.read_number(), json::Place::nested);
        json::append_string(out_, digits);
        return true;
      }
      default:
        return refuse("cannot encode mixed-key table: keys must be either all strings or 1..n");
    }
  }

  wire::Reader& in_;
  std::string& out_;
  std::vector<Table> tables_;
  size_t next_ = 0;  // number of the table that appears next
};

Error too_large(std::string_view bytes) {
  return Error::of(kind::invalid, "a payload of " + std::string(bytes) +
                                      " bytes is larger than the limit of " +
                                      std::to_string(max_payload_bytes));
}

Value payload(std::string_view encoding, std::string data) {
  return Object{{"encoding", encoding}, {"data", std::move(data)}};
}

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

Result<std::string> json_text(wire::Reader& in) {
  std::string out;
  JsonWriter writer(in, out);
  if (!writer.value(0)) {
    if (writer.too_large) return fail(too_large("more than " + std::to_string(out.size())));
    return fail(kind::internal, writer.problem);
  }
  if (out.size() > max_payload_bytes) return fail(too_large(std::to_string(out.size())));
  return out;
}

Value json_payload_text(std::string json) { return payload("json/plain", std::move(json)); }
Value json_payload(const Value& value) { return json_payload_text(json::encode(value).value_or("null")); }
Value binary_payload(std::string_view bytes) { return payload("binary/plain", base64(bytes)); }
Value null_payload() { return payload("binary/null", ""); }

Result<Array> payloads_of(const Values& values) {
  Array payloads;
  wire::Reader in(values.bytes);
  for (uint32_t i = 0; i < values.count; ++i) {
    Result<std::string> text = json_text(in);
    if (!text) return fail(std::move(text.error()));
    payloads.push_back(json_payload_text(std::move(*text)));
  }
  return payloads;
}

Result<Value> result_payload(const Values& values) {
  if (values.empty()) return null_payload();
  wire::Reader in(values.bytes);
  Result<std::string> text = json_text(in);
  if (!text) return fail(std::move(text.error()));
  return json_payload_text(std::move(*text));
}

Result<> append_payload(Values& values, const Value& payload) {
  const Value* encoding = payload.find("encoding");
  const std::string_view name = encoding != nullptr && encoding->is_string()
                                    ? std::string_view(encoding->as_string())
                                    : std::string_view();
  const Value* data = payload.find("data");
  if (name == "binary/null") {
    append(values, Value());
    return {};
  }
  if (data == nullptr || !data->is_string() || (name != "json/plain" && name != "binary/plain")) {
    return fail(kind::invalid, "unsupported temporal payload encoding: " + std::string(name));
  }
  if (name == "binary/plain") {
    append(values, Value(from_base64(data->as_string())));
    return {};
  }
  Result<Value> decoded = json::decode(data->as_string());
  if (!decoded) return fail(std::move(decoded.error()));
  append(values, *decoded);
  return {};
}

Result<Values> values_of(const Value* payloads) {
  Values values;
  if (payloads == nullptr || !payloads->is_array()) return values;
  for (const Value& payload : payloads->as_array()) {
    if (Result<> done = append_payload(values, payload); !done) return fail(std::move(done.error()));
  }
  return values;
}

Value plain_of(const Value& payload) {
  const Value* data = payload.find("data");
  if (data == nullptr || !data->is_string()) return Value();
  return json::decode(data->as_string()).value_or(Value());
}

std::string base64(std::string_view bytes) {
  std::string out;
  for (size_t at = 0; at < bytes.size(); at += 3) {
    uint32_t group = 0;
    const size_t count = std::min<size_t>(3, bytes.size() - at);
    for (size_t i = 0; i < 3; ++i) {
      group = group << 8 | (i < count ? static_cast<unsigned char>(bytes[at + i]) : 0);
    }
    for (size_t i = 0; i < 4; ++i) out += i <= count ? alphabet[group >> (18 - 6 * i) & 63] : '=';
  }
  return out;
}

std::string from_base64(std::string_view text) {
  std::string out;
  uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const size_t digit = alphabet.find(c);
    if (digit == std::string_view::npos) break;
    bits = bits << 6 | static_cast<uint32_t>(digit);
    count += 6;
    if (count >= 8) {
      count -= 8;
      out += static_cast<char>(bits >> count & 0xff);
    }
  }
  return out;
}

}  // namespace trivium::units::workflows
