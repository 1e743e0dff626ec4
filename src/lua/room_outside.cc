#include "lua/room_outside.h"

#include <algorithm>

#include "lua/memory.h"

namespace trivium::lua {
namespace {

// More than anybody means to write, and no danger to a machine.
constexpr size_t least_room = 256 << 20;

}  // namespace

size_t room_outside(lua_State* L) {
  void* memory = nullptr;
  lua_getallocf(L, &memory);
  return std::max(least_room, static_cast<const Memory*>(memory)->limit());
}

}  // namespace trivium::lua
