#include <utility>

#include "lua/codec.h"
#include "lua/error_object.h"

// Lua's own headers: building a table through the public interface costs several calls a field. See
// encoder.cc.
#include "ldo.h"
#include "lgc.h"
#include "lobject.h"
#include "lstate.h"
#include "lstring.h"
#include "ltable.h"

namespace trivium::lua {
namespace {

using namespace wire;

// Everything that is made stands on the stack until something holds it: an allocation that fails makes Lua
// collect all that nothing reaches.
class Decoder {
 public:
  Decoder(lua_State* L, Reader& in) : L_(L), in_(in) {}

  // Pushes the next value; there must be room for it.
  void value() {
    TValue* const place = s2v(L_->top);
    switch (in_.byte()) {
      case with_refs:
        value_with_refs();
        return;
      case false_:
        setbfvalue(place);
        break;
      case true_:
        setbtvalue(place);
        break;
      case integer:
        setivalue(place, in_.read_integer());
        break;
      case number:
        setfltvalue(place, in_.read_number());
        break;
      case string: {
        const std::string_view text = in_.text();
        setsvalue2s(L_, L_->top, luaS_newlstr(L_, text.data(), text.size()));
        break;
      }
      case wire::table:
        table_value();
        return;
      case ref:
        lua_rawgeti(L_, tables_, static_cast<lua_Integer>(in_.varint()) + 1);
        return;
      case wire::error:
        make_room(10);
        push_error(L_, read_error(in_));
        return;
      default:
        setnilvalue(place);
    }
    ++L_->top;
  }

  void make_room(int slots) {
    if (L_->stack_last - L_->top <= slots) luaD_growstack(L_, slots, 1);
    if (L_->ci->top < L_->top + slots) L_->ci->top = L_->top + slots;
  }

 private:
  // Refs count from here: a value with refs may be embedded in a larger one.
  void value_with_refs() {
    make_room(4);
    lua_newtable(L_);
    const int outer_tables = std::exchange(tables_, lua_gettop(L_));
    const lua_Integer outer_count = std::exchange(count_, 0);
    value();
    lua_remove(L_, tables_);
    tables_ = outer_tables;
    count_ = outer_count;
  }

  void table_value() {
    make_room(6);
    const uint8_t flags = in_.byte();
    const auto count = static_cast<unsigned>(in_.varint());
    const uint32_t pairs = in_.u32();
    Table* const table = luaH_new(L_);
    sethvalue2s(L_, L_->top, table);
    ++L_->top;
    const unsigned nodes = (flags & object_when_empty) ? 1 : pairs;
    if (count > 0 || nodes > 0) luaH_resize(L_, table, count, nodes);
    if (tables_ != 0) {
      lua_pushvalue(L_, -1);
      lua_rawseti(L_, tables_, ++count_);
    }
    for (unsigned i = 0; i < count; ++i) {
      value();
      const TValue* element = s2v(L_->top - 1);
      setobj2t(L_, &table->array[i], element);
      luaC_barrierback(L_, obj2gco(table), element);
      --L_->top;
    }
    for (uint32_t i = 0; i < pairs; ++i) {
      value();
      value();
      set_pair(table);
      L_->top -= 2;
    }
    invalidateTMcache(table);
    if (flags & has_metatable) {
      value();
      lua_setmetatable(L_, -2);
    }
  }

  // The key and its value are on top.
  void set_pair(Table* table) {
    const TValue* const key = s2v(L_->top - 2);
    TValue* const member = s2v(L_->top - 1);
    if (ttisnil(key) || ttisnil(member)) return;  // it could not cross
    if (!ttisshrstring(key) || !put_first(table, key, member))
      luaH_finishset(L_, table, key, luaH_get(table, key), member);
    luaC_barrierback(L_, obj2gco(table), s2v(L_->top - 2));
    luaC_barrierback(L_, obj2gco(table), s2v(L_->top - 1));
  }

  // Where the key belongs nothing is yet, so it is in no other place either. False: something is.
  bool put_first(Table* table, const TValue* key, const TValue* member) {
    if (isdummy(table)) return false;
    Node* const node = gnode(table, lmod(tsvalue(key)->hash, sizenode(table)));
    if (!keyisnil(node)) return false;
    setnodekey(L_, node, key);
    setobj2t(L_, gval(node), member);
    return true;
  }

  lua_State* L_;
  Reader& in_;
  int tables_ = 0;  // stack index of the list of tables seen so far; 0: no refs will come
  lua_Integer count_ = 0;
};

}  // namespace

int push_values(lua_State* L, const Values& values) {
  Reader in(values.bytes);
  Decoder decoder(L, in);
  decoder.make_room(static_cast<int>(values.count) + 4);
  for (uint32_t i = 0; i < values.count; ++i) decoder.value();
  luaC_checkGC(L);
  return static_cast<int>(values.count);
}

}  // namespace trivium::lua
