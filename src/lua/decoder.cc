#include <utility>

#include "lua/codec.h"
#include "lua/error_object.h"

namespace trivium::lua {
namespace {

using namespace wire;

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

int push_values(lua_State* L, const Values& values) {
  luaL_checkstack(L, static_cast<int>(values.count) + 4, "too many values");
  Reader in(values.bytes);
  Decoder decoder(L, in);
  for (uint32_t i = 0; i < values.count; ++i) decoder.value();
  return static_cast<int>(values.count);
}

}  // namespace trivium::lua
