#include "modules/uuid_random.h"

#include "core/clock.h"
#include "core/uuid.h"
#include "lua/isolate.h"
#include "lua/sandbox/frozen.h"
#include "modules/replies.h"
#include "modules/uuid_module.h"
#include "units/commands/side_effect.h"

namespace trivium::lua {
namespace {

Uuid::Bytes random_bytes() {
  Uuid::Bytes bytes;
  system_random().secure_bytes(bytes.data(), bytes.size());
  return bytes;
}

Uuid make_v1() {
  // A random node per process, its multicast bit set: no network card has it.
  static const std::array<uint8_t, 6> node = [] {
    std::array<uint8_t, 6> made;
    system_random().secure_bytes(made.data(), made.size());
    made[0] |= 1;
    return made;
  }();
  return Uuid::v1(system_clock().wall_ns(), static_cast<uint16_t>(system_random().next()), node);
}

template <Uuid (*make)()>
void issue(lua_State* L) {
  units::SideEffect command;
  command.produce = []() -> Result<Value> { return Value(make().text()); };
  Isolate::from(L).issue(L, command);
}

template <Uuid (*make)()>
int produce(lua_State* L) {
  issue<make>(L);
  return Isolate::from(L).await(L, finish_value);
}

Uuid make_v4() { return Uuid::v4(random_bytes()); }
Uuid make_v7() { return Uuid::v7(system_clock().wall_ns(), random_bytes()); }

void push(lua_State* L) {
  open_uuid(L);
  static const luaL_Reg functions[] = {
      {"v1", produce<make_v1>}, {"v4", produce<make_v4>}, {"v7", produce<make_v7>}, {nullptr, nullptr}};
  luaL_setfuncs(L, functions, 0);
  freeze_library(L, -1);
}

}  // namespace

const Module uuid_module{"uuid", nullptr, push, true};

}  // namespace trivium::lua
