#include "core/wire.h"

#include <charconv>
#include <map>
#include <vector>

namespace trivium {
namespace wire {

void put(Writer& out, const Value& value) {
  if (value.is_nil()) {
    out.byte(nil);
  } else if (value.is_bool()) {
    out.byte(value.as_bool() ? true_ : false_);
  } else if (value.is_int()) {
    out.put_integer(value.as_int());
  } else if (value.is_double()) {
    out.put_number(value.as_double());
  } else if (value.is_string()) {
    out.put_string(value.as_string());
  } else if (value.is_array()) {
    out.byte(table);
    out.byte(0);
    out.varint(value.as_array().size());
    out.u32(0);
    for (const Value& element : value.as_array()) put(out, element);
  } else {
    out.byte(table);
    out.byte(object_when_empty);
    out.varint(0);
    out.u32(static_cast<uint32_t>(value.as_object().size()));
    for (const auto& [key, member] : value.as_object()) {
      out.put_string(key);
      put(out, member);
    }
  }
}

void put(Writer& out, const Error& e) {
  out.byte(error);
  out.text(e.kind);
  out.text(e.message);
  out.byte(!e.retryable ? 0 : *e.retryable ? 1 : 2);
  out.text(e.context);
  put(out, e.details);
}

namespace {

std::string key_text(const Value& key) {
  if (key.is_string()) return key.as_string();
  if (key.is_bool()) return key.as_bool() ? "true" : "false";
  if (key.is_int()) return std::to_string(key.as_int());
  char buffer[32];
  const auto done = std::to_chars(buffer, buffer + sizeof buffer, key.number());
  return std::string(buffer, done.ptr);
}

// The tables of one value so far, in order of appearance. Plain data has them once for each reference.
struct Tables {
  std::vector<Value> read;
  size_t copied = 0;  // bytes, by references
};

// Tables that share tables can stand for more than any memory holds; beyond this much they are nil.
constexpr size_t max_copied = 8 << 20;

size_t size_of(const Value& value) {
  size_t size = sizeof value;
  if (value.is_string()) {
    size += value.as_string().size();
  } else if (value.is_array()) {
    for (const Value& element : value.as_array()) size += size_of(element);
  } else if (value.is_object()) {
    for (const auto& [key, member] : value.as_object()) size += key.size() + size_of(member);
  }
  return size;
}

Value copy_of(Tables& tables, size_t index) {
  if (tables.copied > max_copied) return Value();
  tables.copied += size_of(tables.read[index]);
  return tables.copied > max_copied ? Value() : tables.read[index];
}

Value get(Reader& in, Tables& tables, int depth);

Value get_table(Reader& in, Tables& tables, int depth) {
  const size_t self = tables.read.size();
  tables.read.emplace_back();
  const uint8_t flags = in.byte();
  const uint64_t array_count = in.varint();
  const uint32_t pair_count = in.u32();
  std::map<int64_t, Value> numbered;
  for (uint64_t i = 1; i <= array_count; ++i) {
    Value element = get(in, tables, depth + 1);
    if (!element.is_nil()) numbered[static_cast<int64_t>(i)] = std::move(element);
  }
  Object named;
  for (uint32_t i = 0; i < pair_count; ++i) {
    const Value key = get(in, tables, depth + 1);
    Value member = get(in, tables, depth + 1);
    if (key.is_int() && key.as_int() > 0) {
      numbered[key.as_int()] = std::move(member);
    } else {
      named.set(key_text(key), std::move(member));
    }
  }
  if (flags & has_metatable) get(in, tables, depth + 1);
  Value result;
  if (numbered.empty()) {
    result = (named.empty() && !(flags & object_when_empty)) ? Value(Array()) : Value(std::move(named));
  } else {
    Array array;
    for (auto& [index, element] : numbered) {
      // Absurdly sparse lists are not worth a gigabyte of nils.
      if (index > static_cast<int64_t>(array.size()) + 1000000) break;
      array.resize(static_cast<size_t>(index - 1));
      array.push_back(std::move(element));
    }
    result = std::move(array);
  }
  tables.read[self] = result;
  return result;
}

Value get(Reader& in, Tables& tables, int depth) {
  switch (in.byte()) {
    case false_:
      return false;
    case true_:
      return true;
    case integer:
      return in.read_integer();
    case number:
      return in.read_number();
    case string:
      return in.text();
    case table:
      return get_table(in, tables, depth);
    case ref:
      return copy_of(tables, in.varint());
    case with_refs: {
      Tables own;  // refs of an embedded value count from its start
      return get(in, own, depth);
    }
    case error:
      return read_error(in).message;
    default:
      return Value();
  }
}

}  // namespace

Error read_error(Reader& in) {
  Error e;
  e.kind = in.text();
  e.message = in.text();
  const uint8_t retryable = in.byte();
  if (retryable != 0) e.retryable = retryable == 1;
  e.context = in.text();
  Tables tables;
  e.details = get(in, tables, 0);
  return e;
}

}  // namespace wire

void append(Values& values, const Value& value) {
  wire::Writer out(values.bytes);
  wire::put(out, value);
  ++values.count;
}

void append(Values& values, const Error& error) {
  wire::Writer out(values.bytes);
  wire::put(out, error);
  ++values.count;
}

Values encode_values(const Array& values) {
  Values encoded;
  for (const Value& value : values) append(encoded, value);
  return encoded;
}

Array decode_values(const Values& values) {
  Array array;
  wire::Reader in(values.bytes);
  for (uint32_t i = 0; i < values.count; ++i) {
    wire::Tables tables;
    array.push_back(wire::get(in, tables, 0));
  }
  return array;
}

Value first_value(const Values& values) {
  if (values.count == 0) return Value();
  wire::Reader in(values.bytes);
  wire::Tables tables;
  return wire::get(in, tables, 0);
}

}  // namespace trivium
