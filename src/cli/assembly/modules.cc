#include "cli/assembly/modules.h"

#include "lua/state.h"
#include "modules/activity_module.h"
#include "modules/contract_module.h"
#include "modules/crypto_module.h"
#include "modules/ctx_module.h"
#include "modules/env_module.h"
#include "modules/events_module.h"
#include "modules/funcs_module.h"
#include "modules/io_module.h"
#include "modules/logger_module.h"
#include "modules/payload_global.h"
#include "modules/pg_module.h"
#include "modules/process_module.h"
#include "modules/pure_modules.h"
#include "modules/security_module.h"
#include "modules/supervisor_module.h"
#include "modules/time_waits.h"
#include "modules/uuid_random.h"
#include "modules/workflow_module.h"

namespace trivium::cli {
namespace {

int raise_unsupported(lua_State* L) {
  return luaL_error(L, "module '%s' is not supported by this version of trivium",
                    lua_tostring(L, lua_upvalueindex(1)));
}

template <const char* name>
void push_stand_in(lua_State* L) {
  lua_newtable(L);
  lua_createtable(L, 0, 3);
  lua_pushstring(L, name);
  lua_pushcclosure(L, raise_unsupported, 1);
  lua_setfield(L, -2, "__index");
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  lua_setmetatable(L, -2);
}

// Names of the application format; `workflow`: those whose class lets workflows list them.
#define TRIVIUM_STAND_IN(name, workflow) \
  constexpr char name##_name[] = #name;  \
  constexpr lua::Module name##_stand_in { name##_name, nullptr, push_stand_in<name##_name>, workflow }
TRIVIUM_STAND_IN(cdc, false);
TRIVIUM_STAND_IN(cloudstorage, false);
TRIVIUM_STAND_IN(compress, true);
TRIVIUM_STAND_IN(eval_runner, false);
TRIVIUM_STAND_IN(excel, false);
TRIVIUM_STAND_IN(exec, false);
TRIVIUM_STAND_IN(expr, true);
TRIVIUM_STAND_IN(fs, false);
TRIVIUM_STAND_IN(html, true);
TRIVIUM_STAND_IN(http, false);
TRIVIUM_STAND_IN(http_client, false);
TRIVIUM_STAND_IN(hub, false);
TRIVIUM_STAND_IN(metrics, false);
TRIVIUM_STAND_IN(queue, false);
TRIVIUM_STAND_IN(registry, false);
TRIVIUM_STAND_IN(sql, false);
TRIVIUM_STAND_IN(store, false);
TRIVIUM_STAND_IN(stream, false);
TRIVIUM_STAND_IN(system, false);
TRIVIUM_STAND_IN(templates, true);
TRIVIUM_STAND_IN(text, true);
TRIVIUM_STAND_IN(treesitter, true);
TRIVIUM_STAND_IN(tty, false);
TRIVIUM_STAND_IN(websocket, false);
TRIVIUM_STAND_IN(yaml, true);
#undef TRIVIUM_STAND_IN

constexpr const lua::Module* stand_ins[] = {
    &cdc_stand_in,     &cloudstorage_stand_in, &compress_stand_in,    &eval_runner_stand_in,
    &excel_stand_in,   &exec_stand_in,         &expr_stand_in,        &fs_stand_in,
    &html_stand_in,    &http_stand_in,         &http_client_stand_in, &hub_stand_in,
    &metrics_stand_in, &queue_stand_in,        &registry_stand_in,    &sql_stand_in,
    &store_stand_in,   &stream_stand_in,       &system_stand_in,      &templates_stand_in,
    &text_stand_in,    &treesitter_stand_in,   &tty_stand_in,         &websocket_stand_in,
    &yaml_stand_in,
};

template <const lua::Library& library>
void push(lua_State* L) {
  lua::push_library(L, library);
}

constexpr lua::LibraryField ambient[] = {
    {"process", nullptr, push<lua::process_library>},
    {"payload", nullptr, push<lua::payload_library>},
    {"subscribe", lua::subscribe_channel},
    {"unsubscribe", lua::unsubscribe_channel},
};

}  // namespace

const units::ModuleSet& runtime_modules() {
  static const units::ModuleSet modules = [] {
    units::ModuleSet set;
    for (const lua::Module* module : stand_ins) set.add(*module);
    for (const lua::Module* module :
         {&lua::time_module, &lua::funcs_module, &lua::uuid_module, &lua::json_module, &lua::base64_module,
          &lua::hash_module, &lua::crypto_module, &lua::logger_module, &lua::ctx_module, &lua::env_module,
          &lua::io_module, &lua::workflow_module, &lua::supervisor_module, &lua::events_module,
          &lua::pg_module, &lua::contract_module, &lua::security_module, &lua::activity_module}) {
      set.add(*module);
    }
    return set;
  }();
  return modules;
}

std::span<const lua::LibraryField> ambient_globals() { return ambient; }

}  // namespace trivium::cli
