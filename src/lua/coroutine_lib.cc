#include "lua/coroutine_lib.h"

#include "lua/isolate.h"

namespace trivium::lua {
namespace {

enum class Flavour : lua_KContext { resume, wrap };

lua_State* check_thread(lua_State* L) {
  lua_State* co = lua_tothread(L, 1);
  luaL_argexpected(L, co != nullptr, 1, "coroutine");
  return co;
}

lua_State* target(lua_State* L, Flavour flavour) {
  return lua_tothread(L, flavour == Flavour::wrap ? lua_upvalueindex(1) : 1);
}

int report_failure(lua_State* L, Flavour flavour) {
  // The error value is on top.
  if (flavour == Flavour::wrap) return lua_error(L);
  lua_pushboolean(L, 0);
  lua_insert(L, -2);
  return 2;
}

const char* refusal(lua_State* L, lua_State* co) {
  if (co == L || Isolate::hold_of(co) != Isolate::Hold::none) return "can not resume a running thread";
  switch (lua_status(co)) {
    case LUA_YIELD:
      return nullptr;
    case LUA_OK: {
      lua_Debug frame;
      if (lua_getstack(co, 0, &frame) != 0) return "can not resume a running thread";
      return lua_gettop(co) == 0 ? "can not resume a dead thread" : nullptr;
    }
    default:
      return "can not resume a dead thread";
  }
}

int step(lua_State* L, Flavour flavour, int nargs);

int step_again(lua_State* L, int, lua_KContext context) {
  const auto flavour = static_cast<Flavour>(context);
  Isolate::set_hold(target(L, flavour), Isolate::Hold::none);
  const Task* task = Isolate::from(L).current();  // none in top-level code that was pre-empted
  return step(L, flavour, task != nullptr && task->waiting == target(L, flavour) ? task->nargs : 0);
}

// Resumes with `nargs` values already on the coroutine's stack.
int step(lua_State* L, Flavour flavour, int nargs) {
  lua_State* co = target(L, flavour);
  Isolate& isolate = Isolate::from(L);
  // Below a C function without continuation nothing may be suspended, and nobody could pass it on.
  const bool suspendable = lua_isyieldable(L) != 0;
  int nresults = 0;
  int status = LUA_OK;
  {
    const RunningState running(isolate, co);
    if (!suspendable) isolate.enter_unsuspendable();
    status = lua_resume(co, L, nargs, &nresults);
    if (!suspendable) isolate.leave_unsuspendable();
  }
  if (status == LUA_YIELD && isolate.suspending()) {
    Isolate::set_hold(co, Isolate::Hold::waiting);
    return lua_yieldk(L, 0, static_cast<lua_KContext>(flavour), step_again);
  }
  if (status == LUA_OK || status == LUA_YIELD) {
    luaL_checkstack(L, nresults + 1, "too many results to resume");
    if (flavour == Flavour::resume) lua_pushboolean(L, 1);
    lua_xmove(co, L, nresults);
    return flavour == Flavour::resume ? nresults + 1 : nresults;
  }
  lua_xmove(co, L, 1);
  return report_failure(L, flavour);
}

int begin(lua_State* L, Flavour flavour, int first_argument) {
  lua_State* co = target(L, flavour);
  const int nargs = lua_gettop(L) - first_argument + 1;
  if (const char* why = refusal(L, co)) {
    if (flavour == Flavour::wrap) return luaL_error(L, "%s", why);
    lua_pushstring(L, why);
    return report_failure(L, flavour);
  }
  if (lua_checkstack(co, nargs) == 0) return luaL_error(L, "too many arguments to resume");
  lua_xmove(L, co, nargs);
  return step(L, flavour, nargs);
}

int co_create(lua_State* L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  lua_State* co = lua_newthread(L);
  lua_pushvalue(L, 1);
  lua_xmove(L, co, 1);
  return 1;
}

int co_resume(lua_State* L) {
  check_thread(L);
  return begin(L, Flavour::resume, 2);
}

int co_wrapped(lua_State* L) { return begin(L, Flavour::wrap, 1); }

int co_wrap(lua_State* L) {
  co_create(L);
  lua_pushcclosure(L, co_wrapped, 1);
  return 1;
}

int co_give_up(lua_State* L) {
  if (Isolate::from(L).at_top_level(L)) return luaL_error(L, "can not yield from outside of a coroutine");
  return lua_yield(L, lua_gettop(L));
}

int co_status(lua_State* L) {
  lua_State* co = check_thread(L);
  lua_Debug frame;
  const char* status = "dead";
  if (co == L) {
    status = "running";
  } else if (Isolate::hold_of(co) == Isolate::Hold::waiting) {
    status = "normal";
  } else if (lua_status(co) == LUA_YIELD) {
    status = "suspended";
  } else if (lua_status(co) == LUA_OK) {
    if (lua_getstack(co, 0, &frame) != 0) {
      status = "normal";
    } else if (lua_gettop(co) > 0) {
      status = "suspended";
    }
  }
  lua_pushstring(L, status);
  return 1;
}

int co_running(lua_State* L) {
  if (Isolate::from(L).current() == nullptr) {
    lua_pushnil(L);
  } else {
    Isolate::from(L).current()->exposed = true;
    lua_pushthread(L);
  }
  return 1;
}

int after_spawn(lua_State*, int, lua_KContext) { return 1; }  // the thread is on top

// The new coroutine is queued before its spawner and so runs up to its first wait before spawn
// returns.
int co_spawn(lua_State* L) {
  if (!lua_isfunction(L, 1) || lua_iscfunction(L, 1)) luaL_typeerror(L, 1, "Lua function");
  Isolate& isolate = Isolate::from(L);
  isolate.check_can_suspend(L);
  Task& task = isolate.spawn(L, 1);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &task);
  isolate.make_runnable(*isolate.current(), 0);
  return isolate.suspend(L, after_spawn);
}

constexpr LibraryField fields[] = {
    {"create", co_create}, {"resume", co_resume},   {"yield", co_give_up}, {"status", co_status},
    {"wrap", co_wrap},     {"running", co_running}, {"spawn", co_spawn},
};

}  // namespace

const Library coroutine_library{fields};

}  // namespace trivium::lua
