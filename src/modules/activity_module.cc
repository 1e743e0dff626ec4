#include "modules/activity_module.h"

#include "core/json.h"
#include "lua/error_object.h"
#include "lua/isolate.h"
#include "lua/plain_data.h"
#include "lua/sandbox/library.h"
#include "modules/replies.h"
#include "units/commands/activity.h"
#include "units/payload_limit.h"

namespace trivium::lua {
namespace {

void issue_info(lua_State* L) {
  units::ActivityInfo command;
  Isolate::from(L).issue(L, command);
}

int info(lua_State* L) {
  issue_info(L);
  return Isolate::from(L).await(L, finish_value);
}

// How many results a refused argument leaves, or 0 after issuing.
int issue_heartbeat(lua_State* L) {
  units::ActivityHeartbeat command;
  if (!lua_isnoneornil(L, 1)) {
    Result<Value> details = to_plain(L, 1);
    if (!details) return push_failure(L, details.error());
    if (const Result<std::string> text = json::encode(*details);
        text && text->size() > units::max_payload_bytes) {
      return push_failure(L, Error::of(kind::invalid, "details of " + std::to_string(text->size()) +
                                                          " bytes are larger than the limit of " +
                                                          std::to_string(units::max_payload_bytes)));
    }
    command.details = std::move(*details);
  }
  Isolate::from(L).issue(L, command);
  return 0;
}

int heartbeat(lua_State* L) {
  if (const int refused = issue_heartbeat(L); refused != 0) return refused;
  return Isolate::from(L).await(L, finish_value);
}

constexpr LibraryField fields[] = {{"heartbeat", heartbeat}, {"info", info}};
const Library library{fields};

}  // namespace

const Module activity_module{"activity", &library, nullptr, false};

}  // namespace trivium::lua
