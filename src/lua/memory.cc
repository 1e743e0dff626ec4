#include "lua/memory.h"

#include <cstdlib>

#include "lua/state.h"

namespace trivium::lua {

void* Memory::allocate(void* ud, void* block, size_t old_size, size_t new_size) {
  auto& memory = *static_cast<Memory*>(ud);
  if (block == nullptr) old_size = 0;  // Lua passes the kind of object instead
  if (new_size == 0) {
    std::free(block);
    memory.used_ -= old_size;
    return nullptr;
  }
  // After the limit was hit once, the little that ending the isolate takes is granted.
  if (memory.limit_ != 0 && new_size > old_size && memory.used_ - old_size + new_size > memory.limit_ &&
      !memory.exceeded_) {
    memory.exceeded_ = true;
    return nullptr;
  }
  void* const grown = std::realloc(block, new_size);
  if (grown != nullptr) memory.used_ += new_size - old_size;
  return grown;
}

}  // namespace trivium::lua

// Named in config/lua_config.h; called by lua_newstate with the allocator already set.
unsigned int trivium_lua_seed(lua_State* L) {
  void* ud = nullptr;
  lua_getallocf(L, &ud);
  return static_cast<trivium::lua::Memory*>(ud)->seed();
}
