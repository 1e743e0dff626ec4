#include "lua/shared_objects.h"

#include <algorithm>
#include <span>
#include <utility>

// Lua's own headers: what these objects are made of.
#include "lgc.h"
#include "lstate.h"
#include "lstring.h"

namespace trivium::lua {
namespace {

class Taker {
 public:
  SharedObjects take(lua_State* L) {
    global_State* const g = G(L);
    unlist(&g->allgc);
    unlist(&g->fixedgc);
    std::fill_n(g->strt.hash, g->strt.size, nullptr);
    g->strt.nuse = 0;
    g->totalbytes -= static_cast<l_mem>(size_);
    return std::move(taken_);
  }

 private:
  void unlist(GCObject** link) {
    while (GCObject* const object = *link) {
      if (!take_if_constant(object)) {
        link = &object->next;
        continue;
      }
      *link = object->next;
      object->next = nullptr;
      // As Lua marks objects that are never collected.
      object->marked = G_OLD;
    }
  }

  bool take_if_constant(GCObject* object) {
    switch (object->tt) {
      case LUA_VSHRSTR: {
        TString* const string = gco2ts(object);
        string->u.hnext = nullptr;
        add(string, sizelstring(string->shrlen));
        taken_.short_strings.push_back(string);
        return true;
      }
      case LUA_VLNGSTR: {
        TString* const string = gco2ts(object);
        (void)luaS_hashlongstr(string);  // kept in it when first asked for
        add(string, sizelstring(string->u.lnglen));
        return true;
      }
      case LUA_VPROTO: {
        Proto* const proto = gco2p(object);
        proto->gclist = nullptr;
        add(proto, sizeof(Proto));
        add_array(proto->code, proto->sizecode);
        add_array(proto->k, proto->sizek);
        add_array(proto->p, proto->sizep);
        add_array(proto->lineinfo, proto->sizelineinfo);
        add_array(proto->abslineinfo, proto->sizeabslineinfo);
        add_array(proto->locvars, proto->sizelocvars);
        add_array(proto->upvalues, proto->sizeupvalues);
        return true;
      }
      default:
        return false;
    }
  }

  template <class T>
  void add_array(const T* array, int count) {
    if (array != nullptr) add(array, std::span(array, static_cast<size_t>(count)).size_bytes());
  }
  void add(const void* block, size_t size) {
    taken_.blocks.push_back({block, size});
    size_ += size;
  }

  SharedObjects taken_;
  size_t size_ = 0;
};

}  // namespace

SharedObjects take_shared_objects(lua_State* L) { return Taker().take(L); }

}  // namespace trivium::lua
