#include "lua/identities.h"

#include <cstdio>

#include "lua/memory.h"
#include "lua/state.h"

// Lua's own headers: which allocator a state has.
#include "lstate.h"

constinit thread_local lua_State* trivium_running = nullptr;

namespace trivium::lua {
namespace {

// Null: addresses stand for themselves.
Identities* identities_of(lua_State* L) {
  const global_State* const state = G(L);
  return state->frealloc == Memory::allocate_known ? static_cast<Memory*>(state->ud)->identities() : nullptr;
}

}  // namespace

uint32_t Identities::of(const void* object) {
  const auto [at, is_new] = numbers_.try_emplace(object, last_ + 1);
  if (is_new) ++last_;
  return at->second;
}

void Identities::forget(const void* block, size_t size) {
  if (numbers_.empty()) return;
  numbers_.erase(block);
  // A coroutine's block begins before it.
  constexpr size_t before = LUA_EXTRASPACE;
  if (size > before) numbers_.erase(static_cast<const std::byte*>(block) + before);
}

int write_address(lua_State* L, const void* object, char* buffer, size_t size) {
  if (Identities* const known = identities_of(L))
    return std::snprintf(buffer, size, "0x%08x", known->of(object));
  return std::snprintf(buffer, size, "%p", object);
}

}  // namespace trivium::lua

unsigned int trivium_key_hash(const GCObject* object) {
  if (trivium::lua::Identities* const known = trivium::lua::identities_of(trivium_running))
    return known->of(object);
  return static_cast<unsigned int>(reinterpret_cast<uintptr_t>(object));
}

int trivium_address_to_text(char* buffer, size_t size, const void* address) {
  return trivium::lua::write_address(trivium_running, address, buffer, size);
}
