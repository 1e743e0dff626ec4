// The Lua stack to JSON text.
#include <algorithm>
#include <string>
#include <vector>

#include "core/json.h"
#include "lua/error_object.h"
#include "lua/room_outside.h"
#include "lua/sandbox/frozen.h"
#include "lua/table_shape.h"
#include "modules/json_module.h"

namespace trivium::lua {
namespace {

// One key of an object: its text, and how to find the value again.
struct Key {
  enum class Type { string, integer, number, boolean };

  std::string_view text;  // of a string key; the table keeps it alive
  std::string converted;  // text of any other key
  Type type = Type::string;
  lua_Integer integer = 0;
  lua_Number number = 0;
  bool boolean = false;

  std::string_view name() const { return type == Type::string ? text : converted; }
};

class Encoder {
 public:
  Encoder(lua_State* L, std::string& out, size_t limit)
      : L_(L),
        out_(out),
        limit_(std::min(limit, room_outside(L))),
        max_tables_(room_outside(L) / table_size) {}

  // What is wrong with the value, or null. Leaves the stack as it was, except after a failure.
  const char* value(int index) {
    // The same table or text may be written any number of times.
    if (const char* problem = too_large()) return problem;
    switch (lua_type(L_, index)) {
      case LUA_TBOOLEAN:
        out_ += lua_toboolean(L_, index) != 0 ? "true" : "false";
        return nullptr;
      case LUA_TNUMBER:
        number(index);
        return nullptr;
      case LUA_TSTRING:
        json::append_string(out_, string(index));
        return nullptr;
      case LUA_TTABLE:
        return table(index);
      case LUA_TUSERDATA:
        if (const Error* error = test_error(L_, index)) {
          json::append_string(out_, full_text(*error));
          return nullptr;
        }
        [[fallthrough]];
      default:
        out_ += "null";
        return nullptr;
    }
  }

  const char* too_large() {
    if (out_.size() <= limit_) return nullptr;
    return refuse("cannot encode to JSON: the text is larger than " + std::to_string(limit_) + " bytes");
  }

 private:
  // Of the smallest one in Lua: an isolate has no room for more tables than this makes.
  static constexpr size_t table_size = 56;

  const char* refuse(std::string problem) {
    problem_ = std::move(problem);
    return problem_.c_str();
  }

  std::string_view string(int index) {
    size_t length = 0;
    const char* text = lua_tolstring(L_, index, &length);
    return {text, length};
  }

  void number(int index) {
    if (lua_isinteger(L_, index) != 0) {
      json::append_integer(out_, lua_tointeger(L_, index));
    } else {
      json::append_number(out_, lua_tonumber(L_, index),
                          path_.empty() ? json::Place::top : json::Place::nested);
    }
  }

  const char* table(int index) {
    const void* identity = lua_topointer(L_, index);
    if (std::find(path_.begin(), path_.end(), identity) != path_.end()) {
      return "cannot encode recursively nested tables to JSON";
    }
    if (path_.size() == json::max_depth) return refuse(json::too_deep().message);
    if (++tables_ > max_tables_) {
      return refuse("cannot encode to JSON: there are more than " + std::to_string(max_tables_) +
                    " tables to write, since one that appears twice is written twice");
    }
    luaL_checkstack(L_, 6, "value is nested too deeply");
    path_.push_back(identity);
    push_contents(L_, index);
    const int contents = lua_gettop(L_);
    const char* problem = array_or_object(contents);
    lua_settop(L_, contents - 1);
    path_.pop_back();
    return problem;
  }

  const char* array_or_object(int index) {
    lua_pushnil(L_);
    if (lua_next(L_, index) == 0) {
      out_ += empty_table_is_object(L_, index) ? "{}" : "[]";
      return nullptr;
    }
    const bool may_be_array = lua_isinteger(L_, -2) != 0 && lua_tointeger(L_, -2) == 1;
    if (may_be_array) {
      const size_t start = out_.size();
      bool in_order = true;
      const char* problem = array_in_order(index, in_order);
      if (in_order) return problem;
      out_.resize(start);
    } else {
      lua_pop(L_, 2);
    }
    lua_Integer count = 0;
    lua_Integer highest = 0;
    bool others = false;
    lua_pushnil(L_);
    while (lua_next(L_, index) != 0) {
      if (lua_isinteger(L_, -2) != 0 && lua_tointeger(L_, -2) > 0) {
        ++count;
        highest = std::max(highest, lua_tointeger(L_, -2));
      } else {
        others = true;
      }
      lua_pop(L_, 1);
    }
    if (count == 0) return object(index);
    if (others) return "cannot encode mixed-key table: keys must be either all strings or 1..n";
    if (count != highest) return "cannot encode sparse array: element is missing";
    return array(index, count);
  }

  // With the first key and value on the stack. Most arrays lie in the array part of the table and are
  // visited in order, in one pass; `in_order` turns false when this is none of them.
  const char* array_in_order(int index, bool& in_order) {
    out_ += '[';
    lua_Integer expected = 1;
    do {
      if (lua_isinteger(L_, -2) == 0 || lua_tointeger(L_, -2) != expected) {
        lua_pop(L_, 2);
        in_order = false;
        return nullptr;
      }
      if (expected > 1) out_ += ',';
      if (const char* problem = value(lua_gettop(L_))) return problem;
      lua_pop(L_, 1);
      ++expected;
    } while (lua_next(L_, index) != 0);
    out_ += ']';
    return nullptr;
  }

  const char* array(int index, lua_Integer count) {
    out_ += '[';
    for (lua_Integer i = 1; i <= count; ++i) {
      if (i > 1) out_ += ',';
      lua_rawgeti(L_, index, i);
      if (const char* problem = value(lua_gettop(L_))) return problem;
      lua_pop(L_, 1);
    }
    out_ += ']';
    return nullptr;
  }

  const char* object(int index) {
    const std::vector<Key> keys = sorted_keys(index);
    out_ += '{';
    bool first = true;
    for (const Key& key : keys) {
      if (!first) out_ += ',';
      first = false;
      json::append_string(out_, key.name());
      out_ += ':';
      get(index, key);
      if (const char* problem = value(lua_gettop(L_))) return problem;
      lua_pop(L_, 1);
    }
    out_ += '}';
    return nullptr;
  }

  std::vector<Key> sorted_keys(int index) {
    std::vector<Key> keys;
    lua_pushnil(L_);
    while (lua_next(L_, index) != 0) {
      lua_pop(L_, 1);
      Key key;
      switch (lua_type(L_, -1)) {
        case LUA_TSTRING:
          key.text = string(-1);
          break;
        case LUA_TBOOLEAN:
          key.type = Key::Type::boolean;
          key.boolean = lua_toboolean(L_, -1) != 0;
          key.converted = key.boolean ? "true" : "false";
          break;
        case LUA_TNUMBER:
          key.type = lua_isinteger(L_, -1) != 0 ? Key::Type::integer : Key::Type::number;
          key.integer = lua_tointeger(L_, -1);
          key.number = lua_tonumber(L_, -1);
          if (key.type == Key::Type::integer) {
            json::append_integer(key.converted, key.integer);
          } else {
            json::append_number(key.converted, key.number, json::Place::nested);
          }
          break;
        // Tables, functions and userdata have no text that would stay the same.
        default:
          continue;
      }
      keys.push_back(std::move(key));
    }
    std::sort(keys.begin(), keys.end(), [](const Key& a, const Key& b) {
      return a.name() != b.name() ? a.name() < b.name() : a.type < b.type;
    });
    return keys;
  }

  void get(int index, const Key& key) {
    switch (key.type) {
      case Key::Type::string:
        lua_pushlstring(L_, key.text.data(), key.text.size());
        break;
      case Key::Type::integer:
        lua_pushinteger(L_, key.integer);
        break;
      case Key::Type::number:
        lua_pushnumber(L_, key.number);
        break;
      case Key::Type::boolean:
        lua_pushboolean(L_, key.boolean ? 1 : 0);
        break;
    }
    lua_rawget(L_, index);
  }

  lua_State* L_;
  std::string& out_;
  std::vector<const void*> path_;  // tables around the current value
  size_t limit_;
  size_t tables_ = 0;  // written, however often
  size_t max_tables_;
  std::string problem_;
};

}  // namespace

Result<std::string> encode_json(lua_State* L, int index, size_t limit) {
  const int top = lua_gettop(L);
  luaL_checkstack(L, 4, "too many values");
  std::string out;
  Encoder encoder(L, out, limit);
  const char* problem = encoder.value(lua_absindex(L, index));
  lua_settop(L, top);
  if (problem == nullptr) problem = encoder.too_large();
  if (problem != nullptr) return fail(kind::internal, problem);
  return out;
}

}  // namespace trivium::lua
