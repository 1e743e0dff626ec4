#include "lua/codec.h"

#include <unordered_map>
#include <utility>
#include <vector>

#include "lua/error_object.h"
#include "lua/plain_data.h"
#include "lua/sandbox/frozen.h"
#include "lua/table_shape.h"

namespace trivium::lua {
namespace {

using namespace wire;

// Deeper values exist only by mistake; a limit keeps the C stack of a worker safe.
constexpr int max_depth = 1000;

// Enough of a path to find a value by.
constexpr size_t max_path = 120;

class Encoder {
 public:
  Encoder(lua_State* L, std::string& out, Dropped* dropped) : L_(L), out_(out), dropped_(dropped) {}

  // Returns whether something below was dropped for the first time, so that the callers up the tree
  // can put their keys in front of its path: no cost unless it happens.
  bool value(int index, int depth) {
    switch (lua_type(L_, index)) {
      case LUA_TNIL:
        out_.byte(nil);
        return false;
      case LUA_TBOOLEAN:
        out_.byte(lua_toboolean(L_, index) ? true_ : false_);
        return false;
      case LUA_TNUMBER:
        if (lua_isinteger(L_, index)) {
          out_.put_integer(lua_tointeger(L_, index));
        } else {
          out_.put_number(lua_tonumber(L_, index));
        }
        return false;
      case LUA_TSTRING: {
        size_t length = 0;
        const char* text = lua_tolstring(L_, index, &length);
        out_.put_string({text, length});
        return false;
      }
      case LUA_TTABLE:
        return table_value(index, depth);
      case LUA_TUSERDATA:
        if (const Error* error = test_error(L_, index)) {
          wire::put(out_, *error);
          return false;
        }
        [[fallthrough]];
      default:
        return drop(luaL_typename(L_, index));
    }
  }

  bool has_refs() const { return refs_; }

 private:
  bool drop(std::string type) {
    out_.byte(nil);
    if (dropped_ == nullptr || !dropped_->type.empty()) return false;
    dropped_->type = std::move(type);
    return true;
  }

  // Index of a table seen before, or -1 after remembering this one.
  int64_t seen(const void* table) {
    if (by_address_.empty()) {
      for (size_t i = 0; i < few_.size(); ++i) {
        if (few_[i] == table) return static_cast<int64_t>(i);
      }
      few_.push_back(table);
      if (few_.size() == 16) {
        for (size_t i = 0; i < few_.size(); ++i) by_address_[few_[i]] = i;
      }
      return -1;
    }
    const auto [at, fresh] = by_address_.try_emplace(table, by_address_.size());
    return fresh ? -1 : static_cast<int64_t>(at->second);
  }

  bool table_value(int index, int depth) {
    if (const int64_t earlier = seen(lua_topointer(L_, index)); earlier >= 0) {
      refs_ = true;
      out_.byte(ref);
      out_.varint(static_cast<uint64_t>(earlier));
      return false;
    }
    if (depth >= max_depth || lua_checkstack(L_, 10) == 0) {
      // The table was counted as seen; an empty one keeps later references right.
      out_.byte(wire::table);
      out_.byte(0);
      out_.varint(0);
      out_.u32(0);
      if (dropped_ == nullptr || !dropped_->type.empty()) return false;
      dropped_->type = "table nested more than 1000 levels deep";
      return true;
    }
    const int top = lua_gettop(L_);
    bool has_meta = lua_getmetatable(L_, index) != 0;
    if (has_meta) {
      // A frozen table keeps its contents elsewhere; its copy is an ordinary one.
      lua_pop(L_, 1);
      push_contents(L_, index);
      if (is_frozen(L_, index)) {
        push_metatable_of_frozen(L_, index);
      } else if (lua_getmetatable(L_, index) == 0) {
        lua_pushnil(L_);
      }
      has_meta = !lua_isnil(L_, -1);
      index = top + 1;
    }
    const lua_Unsigned count = lua_rawlen(L_, index);
    out_.byte(wire::table);
    const size_t flags_at = out_.size();
    out_.byte(has_meta ? has_metatable : 0);
    out_.varint(count);
    const size_t pairs_at = out_.size();
    out_.u32(0);
    bool fresh = false;
    for (lua_Unsigned i = 1; i <= count; ++i) {
      lua_rawgeti(L_, index, static_cast<lua_Integer>(i));
      if (value(lua_gettop(L_), depth + 1)) {
        prefix("[" + std::to_string(i) + "]");
        fresh = true;
      }
      lua_pop(L_, 1);
    }
    uint32_t pairs = 0;
    // Starting behind the last list element skips them all.
    if (count > 0) {
      lua_pushinteger(L_, static_cast<lua_Integer>(count));
    } else {
      lua_pushnil(L_);
    }
    while (lua_next(L_, index) != 0) {
      const int at = lua_gettop(L_);
      if (lua_isinteger(L_, at - 1)) {
        const lua_Integer key = lua_tointeger(L_, at - 1);
        if (key >= 1 && static_cast<lua_Unsigned>(key) <= count) {
          lua_pop(L_, 1);
          continue;
        }
      }
      if (pair(at - 1, at, depth)) fresh = true;
      ++pairs;
      lua_pop(L_, 1);
    }
    if (pairs == 0 && count == 0 && empty_table_is_object(L_, index)) {
      out_.patch_u8(flags_at, static_cast<uint8_t>(object_when_empty | (has_meta ? has_metatable : 0)));
    }
    out_.patch_u32(pairs_at, pairs);
    if (has_meta) {
      // Metatables come along without their functions; that is expected and not worth a warning.
      Dropped* const reporting = dropped_;
      dropped_ = nullptr;
      value(top + 2, depth + 1);
      dropped_ = reporting;
    }
    lua_settop(L_, top);
    return fresh;
  }

  bool pair(int key, int member, int depth) {
    const int type = lua_type(L_, key);
    if (type == LUA_TFUNCTION || type == LUA_TTHREAD || type == LUA_TUSERDATA || type == LUA_TLIGHTUSERDATA) {
      // nil is no key: the reader drops the pair.
      const bool fresh = drop(std::string(luaL_typename(L_, key)) + " key");
      out_.byte(nil);
      return fresh;
    }
    value(key, depth + 1);
    if (!value(member, depth + 1)) return false;
    prefix(type == LUA_TSTRING ? "." + describe(L_, key) : "[" + describe(L_, key) + "]");
    return true;
  }

  void prefix(const std::string& key) {
    std::string& path = dropped_->path;
    if (path.size() < max_path) {
      path = key + path;
    } else if (!path.starts_with("...")) {
      path = "..." + path;
    }
  }

  lua_State* L_;
  Writer out_;
  Dropped* dropped_;
  bool refs_ = false;
  std::vector<const void*> few_;
  std::unordered_map<const void*, size_t> by_address_;
};

class Decoder {
 public:
  Decoder(lua_State* L, Reader& in) : L_(L), in_(in) {}

  // Pushes the next value.
  void value() {
    switch (in_.byte()) {
      case with_refs:
        value_with_refs();
        return;
      case false_:
        lua_pushboolean(L_, 0);
        return;
      case true_:
        lua_pushboolean(L_, 1);
        return;
      case integer:
        lua_pushinteger(L_, in_.read_integer());
        return;
      case number:
        lua_pushnumber(L_, in_.read_number());
        return;
      case string: {
        const std::string_view text = in_.text();
        lua_pushlstring(L_, text.data(), text.size());
        return;
      }
      case wire::table:
        table_value();
        return;
      case ref:
        lua_rawgeti(L_, tables_, static_cast<lua_Integer>(in_.varint()) + 1);
        return;
      case wire::error:
        push_error(L_, read_error(in_));
        return;
      default:
        lua_pushnil(L_);
    }
  }

 private:
  // Refs count from here: a value with refs may be embedded in a larger one.
  void value_with_refs() {
    lua_newtable(L_);
    const int outer_tables = std::exchange(tables_, lua_gettop(L_));
    const lua_Integer outer_count = std::exchange(count_, 0);
    value();
    lua_remove(L_, tables_);
    tables_ = outer_tables;
    count_ = outer_count;
  }

  void table_value() {
    luaL_checkstack(L_, 6, "value is nested too deeply");
    const uint8_t flags = in_.byte();
    const auto count = static_cast<lua_Integer>(in_.varint());
    const uint32_t pairs = in_.u32();
    lua_createtable(L_, static_cast<int>(count), (flags & object_when_empty) ? 1 : static_cast<int>(pairs));
    const int self = lua_gettop(L_);
    if (tables_ != 0) {
      lua_pushvalue(L_, self);
      lua_rawseti(L_, tables_, ++count_);
    }
    for (lua_Integer i = 1; i <= count; ++i) {
      value();
      lua_rawseti(L_, self, i);
    }
    for (uint32_t i = 0; i < pairs; ++i) {
      value();
      value();
      if (lua_isnil(L_, -2)) {
        lua_pop(L_, 2);  // the key could not cross
      } else {
        lua_rawset(L_, self);
      }
    }
    if (flags & has_metatable) {
      value();
      lua_setmetatable(L_, self);
    }
  }

  lua_State* L_;
  Reader& in_;
  int tables_ = 0;  // stack index of the list of tables seen so far; 0: no refs will come
  lua_Integer count_ = 0;
};

}  // namespace

void encode(lua_State* L, int index, Values& out, Dropped* dropped) {
  const size_t start = out.bytes.size();
  Encoder encoder(L, out.bytes, dropped);
  encoder.value(lua_absindex(L, index), 0);
  if (encoder.has_refs()) out.bytes.insert(start, 1, static_cast<char>(with_refs));
  ++out.count;
}

Values encode_range(lua_State* L, int first, int count, Dropped* dropped) {
  Values values;
  for (int i = 0; i < count; ++i) {
    const bool fresh = dropped != nullptr && dropped->type.empty();
    encode(L, first + i, values, dropped);
    if (fresh && !dropped->type.empty() && count > 1)
      dropped->path = "argument " + std::to_string(i + 1) + dropped->path;
  }
  return values;
}

int push_values(lua_State* L, const Values& values) {
  luaL_checkstack(L, static_cast<int>(values.count) + 4, "too many values");
  Reader in(values.bytes);
  Decoder decoder(L, in);
  for (uint32_t i = 0; i < values.count; ++i) decoder.value();
  return static_cast<int>(values.count);
}

}  // namespace trivium::lua
