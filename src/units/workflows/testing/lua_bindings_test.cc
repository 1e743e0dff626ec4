// Part of the tests' executable, not of the library: hence the name.
#include "units/workflows/testing/lua_bindings.h"

#include <atomic>

#include "lua/codec.h"
#include "lua/error_object.h"
#include "lua/isolate.h"
#include "lua/plain_data.h"
#include "units/commands/call.h"
#include "units/commands/compute.h"
#include "units/commands/processes.h"
#include "units/commands/side_effect.h"
#include "units/commands/time.h"
#include "units/commands/workflow.h"

namespace trivium::units::workflows::testing {
namespace {

using lua::Isolate;

std::atomic<int> unique_made{0};

int finish(lua_State* L, lua::Reply& reply) {
  if (reply.error) return lua::push_failure(L, *reply.error);
  return lua::push_values(L, reply.values);
}

std::string text(lua_State* L, int index) { return luaL_optstring(L, index, ""); }
Values rest(lua_State* L, int from) {
  return lua::encode_range(L, from, std::max(0, lua_gettop(L) - from + 1));
}
Object object(lua_State* L, int index) {
  return lua_istable(L, index) ? lua::to_plain_object(L, index).value_or(Object()) : Object();
}

// Puts what arrives into a channel.
class ChannelSink final : public lua::Sink {
 public:
  ChannelSink(lua_State* L, bool stays) : reference_(luaL_ref(L, LUA_REGISTRYINDEX)), stays_(stays) {}

  bool deliver(Isolate& isolate, lua::Reply& reply) override {
    lua_State* L = isolate.main_state();
    lua_rawgeti(L, LUA_REGISTRYINDEX, reference_);
    lua::Channel* channel = lua::Channel::test(L, -1);
    if (reply.error) {
      lua::push_error(L, *reply.error);
    } else if (lua::push_values(L, reply.values) == 0) {
      lua_pushnil(L);
    }
    channel->push_value(isolate, L);
    lua_pop(L, 1);
    return stays_;
  }

 private:
  const int reference_;
  const bool stays_;
};

// Leaves the channel and the number of the operation.
int to_channel(lua_State* L, lua::Command& command, bool stays) {
  lua::Channel::push_new(L, 16);
  lua_pushvalue(L, -1);
  Error error;
  const auto op = Isolate::from(L).issue_to_sink(command, std::make_shared<ChannelSink>(L, stays), &error);
  if (!op) return lua::push_failure(L, error);
  lua_pushinteger(L, static_cast<lua_Integer>(*op));
  return 2;
}

// Builds the command in its own frame: nothing with a destructor may be left when the coroutine yields.
template <class C, void (*fill)(lua_State*, C&)>
int command(lua_State* L) {
  {
    C made;
    fill(L, made);
    Isolate::from(L).issue(L, made);
  }
  return Isolate::from(L).await(L, finish);
}

void fill_sleep(lua_State* L, Sleep& c) { c.duration = Duration(luaL_checkinteger(L, 1)); }
void fill_call(lua_State* L, CallFunction& c) {
  c.target = text(L, 1);
  c.arguments = rest(L, 2);
}
void fill_call_with(lua_State* L, CallFunction& c) {
  c.settings.options = object(L, 1);
  c.target = text(L, 2);
  c.arguments = rest(L, 3);
}
void fill_cancel_call(lua_State* L, CancelCall& c) {
  c.call = static_cast<lua::OpId>(luaL_checkinteger(L, 1));
}
void fill_send(lua_State* L, Send& c) {
  c.destination = luaL_checkstring(L, 1);
  c.topic = luaL_checkstring(L, 2);
  c.values = rest(L, 3);
}
void fill_spawn(lua_State* L, Spawn& c) {
  c.id = text(L, 1);
  c.host = text(L, 2);
  c.arguments = rest(L, 3);
}
void fill_spawn_with(lua_State* L, Spawn& c) {
  c.settings.options = object(L, 1);
  c.id = text(L, 2);
  c.arguments = rest(L, 3);
}
template <class C>
void fill_id(lua_State* L, C& c) {
  c.id = text(L, 1);
  c.arguments = rest(L, 2);
}
void fill_cancel(lua_State* L, Control& c) {
  c.verb = Control::Verb::cancel;
  c.destination = text(L, 1);
  c.reason = text(L, 2);
}
void fill_version(lua_State* L, WorkflowVersion& c) {
  c.change_id = text(L, 1);
  c.min = luaL_checkinteger(L, 2);
  c.max = luaL_checkinteger(L, 3);
}
void fill_attrs(lua_State* L, WorkflowAttributes& c) {
  c.search = object(L, 1);
  c.memo = object(L, 2);
}
void fill_unique(lua_State*, SideEffect& c) {
  c.produce = []() -> Result<Value> { return Value("value " + std::to_string(++unique_made)); };
}
void fill_unique_bytes(lua_State*, SideEffect& c) {
  c.produce = []() -> Result<Value> {
    return Value(std::string("\0\xff\n\x80 ", 5) + std::to_string(++unique_made));
  };
  c.binary = true;
}
void fill_compute(lua_State* L, Compute& c) {
  c.work = [n = luaL_checkinteger(L, 1)]() -> Result<Value> {
    if (n < 0) return fail(kind::invalid, "negative");
    return Value(static_cast<int64_t>(n * n));
  };
}
void fill_info(lua_State*, WorkflowInfo&) {}

int start_timer(lua_State* L, bool periodic) {
  StartTimer timer;
  timer.duration = Duration(luaL_checkinteger(L, 1));
  timer.periodic = periodic;
  return to_channel(L, timer, periodic);
}

template <bool periodic>
int timer(lua_State* L) {
  const int results = start_timer(L, periodic);
  return Isolate::from(L).return_in_turn(L, results);
}

int stop(lua_State* L) {
  Isolate::from(L).close_sink(static_cast<lua::OpId>(luaL_checkinteger(L, 1)));
  return Isolate::from(L).return_in_turn(L, 0);
}

template <void (*fill)(lua_State*, CallFunction&)>
int start_call(lua_State* L) {
  CallFunction call;
  call.async = true;
  fill(L, call);
  return to_channel(L, call, false);
}

template <void (*fill)(lua_State*, CallFunction&)>
int async(lua_State* L) {
  const int results = start_call<fill>(L);
  return Isolate::from(L).return_in_turn(L, results);
}

int open(lua_State* L, std::string_view topic) {
  lua::Channel& channel = lua::Channel::push_new(L, 0);
  lua_pushvalue(L, -1);
  Isolate::from(L).subscribe(L, topic, {.channel = &channel});
  return 1;
}
int listen(lua_State* L) { return open(L, text(L, 1)); }
int listen_message(lua_State* L) {
  lua::Channel& channel = lua::Channel::push_new(L, 0);
  lua_pushvalue(L, -1);
  Isolate::from(L).subscribe(L, text(L, 1), {.channel = &channel, .as_message = true});
  return 1;
}
int allowed(lua_State* L) {
  lua_pushboolean(L, Isolate::from(L).host().allows(text(L, 1), text(L, 2)) ? 1 : 0);
  return 1;
}
int inbox(lua_State* L) { return open(L, ""); }
int events(lua_State* L) { return open(L, lua::topic::events); }

class Query final : public lua::Command {
 public:
  static constexpr lua::CommandType command_type{"sql.query"};
  Query() : lua::Command(command_type) {}
  std::unique_ptr<lua::Command> detach() override { return std::make_unique<Query>(); }
};

int query(lua_State* L) {
  {
    Query made;
    Isolate::from(L).issue(L, made);
  }
  return Isolate::from(L).await(L, finish);
}

constexpr lua::LibraryField fields[] = {
    {"sleep", command<Sleep, fill_sleep>},
    {"after", timer<false>},
    {"tick", timer<true>},
    {"stop", stop},
    {"call", command<CallFunction, fill_call>},
    {"call_with", command<CallFunction, fill_call_with>},
    {"async", async<fill_call>},
    {"async_with", async<fill_call_with>},
    {"cancel_call", command<CancelCall, fill_cancel_call>},
    {"send", command<Send, fill_send>},
    {"spawn", command<Spawn, fill_spawn>},
    {"spawn_with", command<Spawn, fill_spawn_with>},
    {"exec", command<Exec, fill_id<Exec>>},
    {"exec_child", command<ExecChild, fill_id<ExecChild>>},
    {"execute", command<ExecuteWorkflow, fill_id<ExecuteWorkflow>>},
    {"cancel", command<Control, fill_cancel>},
    {"upgrade", command<Upgrade, fill_id<Upgrade>>},
    {"version", command<WorkflowVersion, fill_version>},
    {"attrs", command<WorkflowAttributes, fill_attrs>},
    {"unique", command<SideEffect, fill_unique>},
    {"unique_bytes", command<SideEffect, fill_unique_bytes>},
    {"compute", command<Compute, fill_compute>},
    {"info", command<WorkflowInfo, fill_info>},
    {"listen", listen},
    {"inbox", inbox},
    {"events", events},
    {"query", query},
    {"allowed", allowed},
    {"listen_message", listen_message},
};

}  // namespace

std::span<const lua::LibraryField> bindings() { return fields; }
int unique_values_made() { return unique_made; }

}  // namespace trivium::units::workflows::testing
