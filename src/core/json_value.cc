#include <optional>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/json.h"

namespace trivium::json {
namespace {

// Builds plain data. The containers under construction are a stack; the innermost is the last.
class Builder final : public Sink {
 public:
  Value take() { return std::move(root_); }

  void restart() override {
    open_.clear();
    root_ = Value();
  }
  bool null() override { return add(Value()); }
  bool boolean(bool value) override { return add(value); }
  bool integer(int64_t value) override { return add(value); }
  bool number(double value) override { return add(value); }
  bool string(std::string_view text) override { return add(text); }
  bool key(std::string_view text) override {
    Open& object = open_.back();
    object.key = text;
    return !object.has(text);
  }
  bool start_object() override {
    open_.push_back({Object(), {}, {}});
    return true;
  }
  bool start_array() override {
    open_.push_back({Array(), {}, {}});
    return true;
  }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

 private:
  struct Open {
    Value container;
    std::string key;
    std::unordered_set<std::string> keys;  // of objects too large to search

    bool has(std::string_view name) {
      constexpr size_t searchable = 16;
      const Object& object = container.as_object();
      if (object.size() < searchable) return object.find(name) != nullptr;
      if (keys.empty()) {
        for (const auto& member : object) keys.insert(member.first);
      }
      return !keys.emplace(name).second;
    }
  };

  bool add(Value value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return true;
    }
    Open& into = open_.back();
    if (into.container.is_array()) {
      into.container.as_array().push_back(std::move(value));
    } else {
      into.container.as_object().append(std::move(into.key), std::move(value));
    }
    return true;
  }
  bool close() {
    Value done = std::move(open_.back().container);
    open_.pop_back();
    return add(std::move(done));
  }

  std::vector<Open> open_;
  Value root_;
};

bool append(std::string& out, const Object& object, size_t depth);

// False when the value nests too deep.
bool append(std::string& out, const Value& value, size_t depth) {
  const Place place = depth == 0 ? Place::top : Place::nested;
  if (value.is_object()) return append(out, value.as_object(), depth);
  if (value.is_array()) {
    if (depth == max_depth) return false;
    const char* separator = "";
    out += '[';
    for (const Value& element : value.as_array()) {
      out += std::exchange(separator, ",");
      if (!append(out, element, depth + 1)) return false;
    }
    out += ']';
  } else if (value.is_bool()) {
    out += value.as_bool() ? "true" : "false";
  } else if (value.is_int()) {
    append_integer(out, value.as_int());
  } else if (value.is_double()) {
    append_number(out, value.as_double(), place);
  } else if (value.is_string()) {
    append_string(out, value.as_string());
  } else {
    out += "null";
  }
  return true;
}

bool append(std::string& out, const Object& object, size_t depth) {
  if (depth == max_depth) return false;
  const char* separator = "";
  out += '{';
  for (const auto& [key, member] : object) {
    out += std::exchange(separator, ",");
    append_string(out, key);
    out += ':';
    if (!append(out, member, depth + 1)) return false;
  }
  out += '}';
  return true;
}

}  // namespace

Result<Value> decode(std::string_view text) {
  Builder builder;
  if (auto done = read(text, builder); !done) return fail(std::move(done.error()));
  return builder.take();
}

Result<std::string> encode(const Value& value) {
  std::string out;
  if (!append(out, value, 0)) return fail(too_deep());
  return out;
}

Result<std::string> encode(const Object& object) {
  std::string out;
  if (Result<> done = append(out, object); !done) return fail(std::move(done.error()));
  return out;
}

Result<> append(std::string& out, const Object& object) {
  if (!append(out, object, 0)) return fail(too_deep());
  return {};
}

Error too_deep() {
  return Error::of(kind::internal,
                   "exceeded maximum nesting depth for JSON encoding: " + std::to_string(max_depth));
}

}  // namespace trivium::json
