// The Location object.
#include "modules/arguments.h"
#include "modules/time_values.h"
#include "modules/userdata.h"

namespace trivium::lua {
namespace {

int location_text(lua_State* L) {
  push_text(L, check_location(L, 1).name());
  return 1;
}

constexpr luaL_Reg methods[] = {{"string", location_text}, {nullptr, nullptr}};
constexpr UserdataClass location_class{"time.Location", methods, location_text};

}  // namespace

void push_location(lua_State* L, const Zone& zone) { push_userdata(L, location_class, zone); }
Zone* test_location(lua_State* L, int index) { return test_userdata<Zone>(L, index, location_class); }
Zone& check_location(lua_State* L, int index) { return check_userdata<Zone>(L, index, location_class); }

}  // namespace trivium::lua
