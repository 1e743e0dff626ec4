// The base library of an isolate: what Lua code finds in its global table before any module is bound.
#pragma once

#include <cstdint>
#include <span>

#include "lua/sandbox/library.h"
#include "lua/sandbox/module.h"
#include "lua/state.h"

namespace trivium::lua {

// What the library needs from outside. Called on the thread that runs the state, with Lua on the
// stack; may raise Lua errors. Must outlive every state opened with it, so a constant a kind of host.
struct SandboxHooks {
  // Whether the value is a runtime type value, for which type() answers "type". May be null.
  bool (*is_type_value)(lua_State* L, int index) = nullptr;
  // 64 uniformly distributed bits; the source of math.random.
  uint64_t (*random)(lua_State* L) = nullptr;
  // Nanoseconds since the Unix epoch, and since the runtime started.
  int64_t (*wall_ns)(lua_State* L) = nullptr;
  int64_t (*clock_ns)(lua_State* L) = nullptr;
  // More globals, bound when first used; they win over those of the same name here. May be null.
  const Library* globals = nullptr;
  // The modules this unit may use, bound as globals like the above. May be null.
  std::span<const Module* const> (*modules)(lua_State* L) = nullptr;
};

// Prepares a fresh state. The global table must still be empty.
void open_sandbox(lua_State* L, const SandboxHooks& hooks);

const SandboxHooks& sandbox_hooks(lua_State* L);

}  // namespace trivium::lua
