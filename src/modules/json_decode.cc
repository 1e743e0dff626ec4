// JSON text to the Lua stack.
#include <algorithm>
#include <array>
#include <string>
#include <unordered_set>
#include <vector>

#include "core/json.h"
#include "modules/json_module.h"

namespace trivium::lua {
namespace {

// Builds the value on the stack: for every open container its table, for an object also the key whose
// value comes next.
class Builder final : public json::Sink {
 public:
  explicit Builder(lua_State* L) : L_(L), base_(lua_gettop(L)) {}

  void restart() override {
    lua_settop(L_, base_);
    open_.clear();
  }
  bool null() override {
    if (open_.empty()) {
      lua_pushnil(L_);
    } else if (open_.back().is_array) {
      ++open_.back().count;  // a hole
    } else {
      open_.back().null_keys.emplace(key_text());
      lua_pop(L_, 1);
    }
    return true;
  }
  bool boolean(bool value) override {
    lua_pushboolean(L_, value ? 1 : 0);
    return add();
  }
  bool integer(int64_t value) override {
    lua_pushinteger(L_, value);
    return add();
  }
  bool number(double value) override {
    lua_pushnumber(L_, value);
    return add();
  }
  bool string(std::string_view text) override {
    lua_pushlstring(L_, text.data(), text.size());
    return add();
  }
  bool key(std::string_view text) override {
    lua_pushlstring(L_, text.data(), text.size());
    lua_pushvalue(L_, -1);
    const bool known = lua_rawget(L_, -3) != LUA_TNIL;
    lua_pop(L_, 1);
    const auto& nulls = open_.back().null_keys;
    return !known && (nulls.empty() || !nulls.contains(std::string(text)));
  }
  bool start_object() override {
    // Room for a key makes it an object for good, even while it is empty.
    return open(false, 0, std::max(1, expected_[open_.size()].members));
  }
  bool start_array() override { return open(true, expected_[open_.size()].elements, 0); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

 private:
  struct Open {
    bool is_array;
    lua_Integer count = 0;                      // elements or members so far
    std::unordered_set<std::string> null_keys;  // in the text, but not in the table
  };

  std::string_view key_text() {
    size_t length = 0;
    const char* text = lua_tolstring(L_, -1, &length);
    return {text, length};
  }
  bool open(bool is_array, int elements, int members) {
    luaL_checkstack(L_, 6, "value is nested too deeply");
    lua_createtable(L_, elements, members);
    open_.push_back({is_array, 0, {}});
    return true;
  }
  bool close() {
    constexpr lua_Integer most = 32;
    const Open closed = std::move(open_.back());
    open_.pop_back();
    const int count = static_cast<int>(std::min(closed.count, most));
    Expected& next = expected_[open_.size()];
    (closed.is_array ? next.elements : next.members) = count;
    return add();
  }
  // Moves the value on top into the container around it.
  bool add() {
    if (open_.empty()) return true;
    if (open_.back().is_array) {
      lua_rawseti(L_, -2, ++open_.back().count);
    } else {
      ++open_.back().count;
      lua_rawset(L_, -3);
    }
    return true;
  }

  // The sizes of the last containers at some depth. Neighbours tend to be alike, and a table of the right
  // size need not grow.
  struct Expected {
    int elements = 0;
    int members = 0;
  };

  lua_State* L_;
  const int base_;
  std::array<Expected, json::max_depth> expected_;
  std::vector<Open> open_;
};

}  // namespace

Result<> push_json(lua_State* L, std::string_view text) {
  luaL_checkstack(L, 6, "too many values");
  const int top = lua_gettop(L);
  Builder builder(L);
  Result<> done = json::read(text, builder);
  if (!done) lua_settop(L, top);
  return done;
}

}  // namespace trivium::lua
