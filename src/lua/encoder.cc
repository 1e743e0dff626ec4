#include <array>
#include <cstring>
#include <optional>
#include <unordered_map>
#include <utility>

#include "lua/codec.h"
#include "lua/error_object.h"
#include "lua/plain_data.h"
#include "lua/sandbox/frozen.h"

// Lua's own headers: half of a message's cost is reading its tables, and the public interface reads a field
// in five calls. Nothing is changed through them.
#include "lgc.h"
#include "lobject.h"
#include "lstate.h"
#include "ltable.h"

namespace trivium::lua {
namespace {

using namespace wire;

// Deeper values exist only by mistake; a limit keeps the C stack of a worker safe.
constexpr int max_depth = 1000;

// Enough of a path to find a value by.
constexpr size_t max_path = 120;

// What core/wire.h's Writer does, with a buffer in front: most values then take one allocation of their size.
class Output {
 public:
  explicit Output(std::string& out) : out_(out) {}

  void byte(uint8_t b) {
    if (used_ == sizeof buffer_) flush();
    put(b);
  }
  void raw(const void* data, size_t size) {
    if (size > sizeof buffer_ - used_) flush();
    if (size > sizeof buffer_) {
      out_.append(static_cast<const char*>(data), size);
      return;
    }
    std::memcpy(buffer_ + used_, data, size);
    used_ += size;
  }
  void varint(uint64_t v) {
    need(longest_varint);
    put_varint(v);
  }
  void put_integer(int64_t v) {
    need(1 + longest_varint);
    put(integer);
    put_varint((static_cast<uint64_t>(v) << 1) ^ static_cast<uint64_t>(v >> 63));
  }
  void put_number(double v) {
    byte(number);
    raw(&v, sizeof v);
  }
  void put_string(const char* text, size_t size) {
    need(1 + longest_varint + short_text);
    put(string);
    put_varint(size);
    if (size > short_text) return raw(text, size);
    std::memcpy(buffer_ + used_, text, size);
    used_ += size;
  }
  // A place for a number that is known later.
  size_t placeholder(size_t size) {
    constexpr std::array<char, 8> zeros{};
    const size_t at = out_.size() + used_;
    if (size > sizeof buffer_ - used_) flush();
    raw(zeros.data(), size);
    return at;
  }
  void fill(size_t at, const void* data, size_t size) {
    std::memcpy(at >= out_.size() ? buffer_ + (at - out_.size()) : out_.data() + at, data, size);
  }
  void flush() {
    if (out_.empty()) {
      out_ = std::string(buffer_, used_);  // appending to nothing costs twice as much
    } else {
      out_.append(buffer_, used_);
    }
    used_ = 0;
  }

 private:
  static constexpr size_t longest_varint = 10;
  static constexpr size_t short_text = 64;

  // After this so many bytes fit without a look.
  void need(size_t size) {
    if (sizeof buffer_ - used_ < size) flush();
  }
  void put(uint8_t b) { buffer_[used_++] = static_cast<char>(b); }
  void put_varint(uint64_t v) {
    while (v >= 0x80) {
      put(static_cast<uint8_t>(v) | 0x80);
      v >>= 7;
    }
    put(static_cast<uint8_t>(v));
  }

  std::string& out_;
  size_t used_ = 0;
  char buffer_[256];
};

class Encoder {
 public:
  Encoder(lua_State* L, std::string& out, Dropped* dropped) : L_(L), out_(out), dropped_(dropped) {}

  // Returns whether something below was dropped for the first time, so that the callers up the tree
  // can put their keys in front of its path: no cost unless it happens.
  bool value(const TValue* v, int depth) {
    switch (ttypetag(v)) {
      case LUA_VNIL:
        out_.byte(nil);
        return false;
      case LUA_VFALSE:
        out_.byte(false_);
        return false;
      case LUA_VTRUE:
        out_.byte(true_);
        return false;
      case LUA_VNUMINT:
        out_.put_integer(ivalue(v));
        return false;
      case LUA_VNUMFLT:
        out_.put_number(fltvalue(v));
        return false;
      case LUA_VSHRSTR:
      case LUA_VLNGSTR:
        out_.put_string(svalue(v), vslen(v));
        return false;
      case LUA_VTABLE:
        return table_value(hvalue(v), depth);
      case LUA_VUSERDATA:
        if (userdata(v)) return false;
        [[fallthrough]];
      default:
        return drop(lua_typename(L_, ttype(v)));
    }
  }

  void finish() { out_.flush(); }
  bool has_refs() const { return refs_; }

 private:
  bool drop(std::string type) {
    out_.byte(nil);
    if (dropped_ == nullptr || !dropped_->type.empty()) return false;
    dropped_->type = std::move(type);
    return true;
  }

  void push(const TValue* v) {
    setobj2s(L_, L_->top, v);
    ++L_->top;
  }

  // Only errors can cross.
  bool userdata(const TValue* v) {
    if (lua_checkstack(L_, 10) == 0) return false;
    push(v);
    const Error* error = test_error(L_, -1);
    if (error != nullptr) {
      std::string bytes;
      Writer writer(bytes);
      wire::put(writer, *error);
      out_.raw(bytes.data(), bytes.size());
    }
    lua_pop(L_, 1);
    return error != nullptr;
  }

  // Index of a table seen before, or -1 after remembering this one.
  int64_t seen(const void* table) {
    if (!by_address_) {
      for (size_t i = 0; i < few_count_; ++i) {
        if (few_[i] == table) return static_cast<int64_t>(i);
      }
      if (few_count_ < few_.size()) {
        few_[few_count_++] = table;
        return -1;
      }
      by_address_.emplace();
      for (size_t i = 0; i < few_.size(); ++i) by_address_->emplace(few_[i], i);
    }
    const auto [at, fresh] = by_address_->try_emplace(table, by_address_->size());
    return fresh ? -1 : static_cast<int64_t>(at->second);
  }

  bool table_value(Table* table, int depth) {
    if (const int64_t earlier = seen(table); earlier >= 0) {
      refs_ = true;
      out_.byte(ref);
      out_.varint(static_cast<uint64_t>(earlier));
      return false;
    }
    if (depth >= max_depth || (table->metatable != nullptr && lua_checkstack(L_, 10) == 0)) {
      // The table was counted as seen; an empty one keeps later references right.
      out_.byte(wire::table);
      out_.byte(0);
      out_.varint(0);
      out_.placeholder(sizeof(uint32_t));
      if (dropped_ == nullptr || !dropped_->type.empty()) return false;
      dropped_->type = "table nested more than 1000 levels deep";
      return true;
    }
    if (table->metatable == nullptr) return contents(table, nullptr, depth);

    // A frozen table keeps its contents elsewhere; its copy is an ordinary one.
    const int top = lua_gettop(L_);
    sethvalue2s(L_, L_->top, table);
    ++L_->top;
    push_contents(L_, top + 1);
    if (is_frozen(L_, top + 2)) {
      push_metatable_of_frozen(L_, top + 2);
    } else if (lua_getmetatable(L_, top + 2) == 0) {
      lua_pushnil(L_);
    }
    // Both stay on the stack, alive, while they are read.
    auto* inner = static_cast<Table*>(const_cast<void*>(lua_topointer(L_, top + 2)));
    auto* meta = static_cast<Table*>(const_cast<void*>(lua_topointer(L_, top + 3)));
    const bool fresh = contents(inner, meta, depth);
    lua_settop(L_, top);
    return fresh;
  }

  bool contents(Table* table, Table* meta, int depth) {
    const uint64_t count = luaH_getn(table);
    uint8_t flags = meta != nullptr ? has_metatable : 0;
    out_.byte(wire::table);
    const size_t flags_at = out_.placeholder(1);
    out_.varint(count);
    uint32_t pairs = 0;
    const size_t pairs_at = out_.placeholder(sizeof pairs);
    bool fresh = false;

    // The list may lie in the array, in the hash part, or in both.
    const unsigned array_size = luaH_realasize(table);
    for (uint64_t i = 1; i <= count; ++i) {
      const TValue* element =
          i <= array_size ? &table->array[i - 1] : luaH_getint(table, static_cast<lua_Integer>(i));
      if (value(element, depth + 1)) {
        prefix("[" + std::to_string(i) + "]");
        fresh = true;
      }
    }
    for (uint64_t i = count; i < array_size; ++i) {
      const TValue* element = &table->array[i];
      if (isempty(element)) continue;
      TValue key;
      setivalue(&key, static_cast<lua_Integer>(i + 1));
      if (pair(&key, element, depth)) fresh = true;
      ++pairs;
    }
    for (int i = 0; i < sizenode(table); ++i) {
      const Node* node = gnode(table, i);
      if (isempty(gval(node))) continue;
      if (keyisinteger(node) && keyival(node) >= 1 && static_cast<uint64_t>(keyival(node)) <= count) continue;
      ++pairs;
      if (keyisshrstr(node) && plain_pair(keystrval(node), gval(node))) continue;
      TValue key;
      getnodekey(L_, &key, node);
      if (pair(&key, gval(node), depth)) fresh = true;
    }
    // Stock Lua gives a table that held a string key a hash part and keeps it: see table_shape.h.
    if (pairs == 0 && count == 0 && !isdummy(table)) flags |= object_when_empty;
    out_.fill(flags_at, &flags, 1);
    out_.fill(pairs_at, &pairs, sizeof pairs);
    if (meta != nullptr) {
      // Metatables come along without their functions; that is expected and not worth a warning.
      Dropped* const reporting = std::exchange(dropped_, nullptr);
      table_value(meta, depth + 1);
      dropped_ = reporting;
    }
    return fresh;
  }

  // Most pairs are a short name and a number or text. False: nothing was written.
  bool plain_pair(const TString* key, const TValue* member) {
    const bool whole = ttisinteger(member);
    if (!whole && !ttisstring(member)) return false;
    out_.put_string(getstr(key), key->shrlen);
    if (whole) {
      out_.put_integer(ivalue(member));
    } else {
      out_.put_string(svalue(member), vslen(member));
    }
    return true;
  }

  bool pair(const TValue* key, const TValue* member, int depth) {
    const int type = ttype(key);
    if (type == LUA_TFUNCTION || type == LUA_TTHREAD || type == LUA_TUSERDATA || type == LUA_TLIGHTUSERDATA) {
      // nil is no key: the reader drops the pair.
      const bool fresh = drop(std::string(lua_typename(L_, type)) + " key");
      out_.byte(nil);
      return fresh;
    }
    value(key, depth + 1);
    if (!value(member, depth + 1)) return false;
    if (lua_checkstack(L_, 10) == 0) return true;
    push(key);
    prefix(type == LUA_TSTRING ? "." + describe(L_, -1) : "[" + describe(L_, -1) + "]");
    lua_pop(L_, 1);
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
  Output out_;
  Dropped* dropped_;
  bool refs_ = false;
  // Tables in order of appearance: searched one by one while they are few.
  size_t few_count_ = 0;
  std::array<const void*, 16> few_;
  std::optional<std::unordered_map<const void*, size_t>> by_address_;
};

}  // namespace

void encode(lua_State* L, int index, Values& out, Dropped* dropped) {
  const size_t start = out.bytes.size();
  // It stays where it is on the stack; the stack itself may move.
  const TValue value = *s2v(index > 0 ? L->ci->func + index : L->top + index);
  Encoder encoder(L, out.bytes, dropped);
  encoder.value(&value, 0);
  encoder.finish();
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

}  // namespace trivium::lua
