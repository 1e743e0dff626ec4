#include "modules/pure_modules.h"

#include "lua/sandbox/frozen.h"
#include "modules/base64_module.h"
#include "modules/hash_module.h"
#include "modules/json_module.h"

namespace trivium::lua {
namespace {

template <int (*open)(lua_State*)>
void push(lua_State* L) {
  open(L);
  freeze_library(L, -1);
}

}  // namespace

const Module json_module{"json", nullptr, push<open_json>, true};
const Module base64_module{"base64", nullptr, push<open_base64>, true};
const Module hash_module{"hash", nullptr, push<open_hash>, true};

}  // namespace trivium::lua
