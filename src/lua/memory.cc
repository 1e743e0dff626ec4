#include "lua/memory.h"

#include <cstdlib>
#include <utility>

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
  if (memory.limit_ != 0 && new_size > old_size && !memory.grant(new_size - old_size)) return nullptr;
  void* const grown = std::realloc(block, new_size);
  if (grown != nullptr) memory.used_ += new_size - old_size;
  return grown;
}

// Lua answers a refusal by collecting its garbage and asking for the same once more; only when that did not
// help, or it gave up without asking, the limit counts as exceeded. From then on the little that ending the
// isolate takes is granted.
bool Memory::grant(size_t more) {
  if (exceeded_) return true;
  const bool fits = used_ + more <= limit_;
  const size_t refused = std::exchange(refused_, 0);
  if (refused == 0) {
    if (!fits) refused_ = more;
    return fits;
  }
  exceeded_ = refused != more || !fits;
  if (exceeded_ && on_exceeded_ != nullptr) on_exceeded_(context_);
  return !exceeded_ || refused != more;
}

}  // namespace trivium::lua

// Named in config/lua_config.h; called by lua_newstate with the allocator already set.
unsigned int trivium_lua_seed(lua_State* L) {
  void* ud = nullptr;
  lua_getallocf(L, &ud);
  return static_cast<trivium::lua::Memory*>(ud)->seed();
}
