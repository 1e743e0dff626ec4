#include "modules/workflow_updates.h"

#include "core/log.h"
#include "lua/codec.h"
#include "lua/coroutine_lib.h"
#include "lua/error_object.h"
#include "lua/isolate.h"
#include "lua/message_object.h"
#include "lua/sandbox/chunk.h"
#include "lua/sandbox/libraries.h"
#include "modules/arguments.h"
#include "modules/process_module.h"
#include "modules/process_receiving.h"
#include "modules/replies.h"
#include "units/commands/workflow.h"

namespace trivium::lua {
namespace {

// Serves one kind of update with the answers every workflow may give by hand: see process.send to
// {update|id}. In Lua, since both the handler and the answers wait.
constexpr std::string_view server = R"lua(
local name, handler, validator, listen, spawn, pcall, send, read, failure = ...

local requests, refused = listen(name, {message = true})
if not requests then return nil, refused end

local function serve(from, ...)
  if not from then return end
  if validator then
    local returned, valid, err = pcall(validator, ...)
    local reason = failure(returned, valid, err)
    if reason or valid == false then
      send(from, "nak", reason)
      return
    end
  end
  if not send(from, "ack") then return end
  local returned, answer, err = pcall(handler, ...)
  local reason = failure(returned, answer, err)
  if not reason then
    local sent, unsent = send(from, "ok", answer)
    reason = unsent
  end
  if reason then send(from, "error", reason) end
end

spawn(function()
  while true do
    local request, open = requests:receive()
    if not open then return end
    spawn(function() serve(read(request)) end)
  end
end)
return true, nil
)lua";

void push_server(lua_State* L) {
  // Isolates have no parser.
  static const Result<std::string> code = compile_to_bytecode(server, "workflow.on_update");
  const Result<> loaded = code ? load_bytecode(L, *code, "workflow.on_update") : trivium::fail(code.error());
  if (loaded) return;
  push_error(L, loaded.error());
  lua_error(L);
}

// The address to answer and the arguments of a request; nothing of any other message.
int read_request(lua_State* L) {
  const Message& message = *static_cast<const Message*>(luaL_checkudata(L, 1, message_metatable));
  if (!message.from.text().starts_with("{update|")) {
    Isolate::from(L).host().log(
        LogLevel::warn, "", "a message was dropped: its topic is the name of an update, use workflow.update",
        {{"topic", message.topic}});
    return 0;
  }
  push_text(L, message.from.text());
  return 1 + static_cast<int>(push_values(L, message.values));
}

// What a protected call failed with, by the convention of functions: raised, or returned as second value.
int call_failure(lua_State* L) {
  lua_settop(L, 3);
  if (lua_toboolean(L, 1) == 0) {
    push_error(L, raised_error(L, 2));
  } else if (const Error* error = test_error(L, 3)) {
    push_error(L, *error);
  } else if (lua_type(L, 3) == LUA_TSTRING) {
    push_error(L, Error::of(kind::internal, std::string(*strict_string(L, 3))));
  } else {
    lua_pushnil(L);
  }
  return 1;
}

int served(lua_State*, int, lua_KContext) { return 2; }

// Leaves the validator, or nil, at 3.
void check_options(lua_State* L) {
  lua_settop(L, 3);
  if (lua_isnil(L, 3)) return;
  luaL_checktype(L, 3, LUA_TTABLE);
  lua_getfield(L, 3, "validator");
  luaL_argexpected(L, lua_isnil(L, -1) || lua_isfunction(L, -1), 3, "validator must be a function");
  lua_replace(L, 3);
}

// How many results a refused call leaves, or 0.
int refuse_handler(lua_State* L) {
  const std::optional<std::string_view> name = strict_string(L, 1);
  if (!name) return luaL_typeerror(L, 1, "string");
  luaL_checktype(L, 2, LUA_TFUNCTION);
  if (name->empty()) return push_failure(L, Error::of(kind::invalid, "update name required"));
  Isolate& isolate = Isolate::from(L);
  units::HandleUpdate command;
  Reply reply;
  if (isolate.host().dispatch(isolate, command, 0, reply) == Dispatch::done && reply.error) {
    return push_failure(L, *reply.error);
  }
  if (isolate.subscription_for(*name) != nullptr) {
    return push_failure(L,
                        Error::of(kind::invalid, "somebody listens to " + std::string(*name) + " already"));
  }
  return 0;
}

int issue_update(lua_State* L) {
  const std::optional<std::string_view> destination = strict_string(L, 1);
  const std::optional<std::string_view> name = strict_string(L, 2);
  if (!destination) return luaL_typeerror(L, 1, "string");
  if (!name) return luaL_typeerror(L, 2, "string");
  if (name->empty()) return push_failure(L, Error::of(kind::invalid, "update name required"));
  units::UpdateWorkflow command;
  command.destination = *destination;
  command.name = *name;
  Isolate& isolate = Isolate::from(L);
  Dropped dropped;
  command.arguments = encode_range(L, 3, lua_gettop(L) - 2, &dropped);
  if (!dropped.type.empty()) isolate.host().dropped("update " + command.name, dropped.path, dropped.type);
  isolate.issue(L, command);
  return 0;
}

}  // namespace

int workflow_on_update(lua_State* L) {
  check_options(L);
  if (const int refused = refuse_handler(L); refused != 0) return refused;
  push_server(L);
  lua_insert(L, 1);
  lua_pushcfunction(L, process_listen);
  push_field(L, *coroutine_library.find("spawn"));
  push_field(L, *base_library().find("pcall"));
  push_field(L, *process_library.find("send"));
  lua_pushcfunction(L, read_request);
  lua_pushcfunction(L, call_failure);
  lua_callk(L, 9, 2, 0, served);
  return served(L, LUA_OK, 0);
}

int workflow_update(lua_State* L) {
  if (const int refused = issue_update(L); refused != 0) return refused;
  return Isolate::from(L).await(L, finish_value);
}

}  // namespace trivium::lua
