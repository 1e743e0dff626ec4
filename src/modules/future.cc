#include "modules/future.h"

#include <memory>

#include "lua/codec.h"
#include "lua/error_object.h"
#include "lua/isolate.h"
#include "lua/message_object.h"
#include "modules/channel_sink.h"
#include "modules/userdata.h"

namespace trivium::lua {
namespace {

class Future final : public ChannelSink {
 public:
  bool deliver(Isolate& isolate, Reply& reply) override {
    if (canceled_) return false;
    lua_State* L = isolate.main_state();
    // Lua may collect the handle at every value that is made here: the channel stays until it has all.
    if (reply.error) {
      error_ = std::move(reply.error);
      push_error(L, *error_);
    } else {
      push_result(L, reply.values);
      lua_pushvalue(L, -1);
      lua_rawsetp(L, LUA_REGISTRYINDEX, &complete_);  // what result() returns
    }
    put(isolate, L);
    channel()->close(isolate, L);
    complete_ = true;
    if (orphan_) let_go(L);
    return false;
  }

  // The call it was made in is over; a global may still hold it.
  void drop(Isolate& isolate) override {
    over_ = true;
    if (orphan_) let_go(isolate.main_state());
  }

  // Lua holds it no longer. Replies still go to a channel somebody may wait on.
  void orphan(lua_State* L) {
    orphan_ = true;
    if (complete_ || canceled_ || over_) let_go(L);
  }

  void cancel(Isolate& isolate, lua_State* L) {
    if (canceled_) return;
    canceled_ = true;
    if (!complete_) isolate.close_sink(op);
    channel()->close(isolate, L);
  }

  bool complete() const { return complete_; }
  bool canceled() const { return canceled_; }
  const std::optional<Error>& error() const { return error_; }
  void push_payload(lua_State* L) const { lua_rawgetp(L, LUA_REGISTRYINDEX, &complete_); }

  OpId op = 0;

 private:
  void let_go(lua_State* L) {
    detach(L);
    lua_pushnil(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &complete_);
  }

  static void push_result(lua_State* L, const Values& values) {
    const int count = push_values(L, values);
    if (count == 0) lua_pushnil(L);
    if (count > 1) lua_pop(L, count - 1);
    wrap_payload(L, payload_format::lua);
  }

  bool complete_ = false;
  bool canceled_ = false;
  bool over_ = false;
  bool orphan_ = false;
  std::optional<Error> error_;
};

// What Lua holds.
class Handle {
 public:
  Handle(Isolate& isolate, std::shared_ptr<Future> future) : isolate_(&isolate), future_(std::move(future)) {}
  Handle(Handle&&) = default;
  Handle& operator=(Handle&&) = delete;
  ~Handle() {
    if (future_) future_->orphan(isolate_->main_state());
  }
  Future* operator->() const { return future_.get(); }
  Future& operator*() const { return *future_; }

 private:
  Isolate* isolate_;
  std::shared_ptr<Future> future_;
};

Handle& check(lua_State* L);

int channel(lua_State* L) {
  check(L)->push_channel(L);
  return 1;
}

int is_complete(lua_State* L) {
  lua_pushboolean(L, check(L)->complete());
  return 1;
}

int is_canceled(lua_State* L) {
  lua_pushboolean(L, check(L)->canceled());
  return 1;
}

int result(lua_State* L) {
  const Future& future = *check(L);
  if (future.canceled()) return push_failure(L, Error::of(kind::canceled, "canceled"));
  if (future.error()) return push_failure(L, *future.error());
  if (future.complete()) {
    future.push_payload(L);
  } else {
    lua_pushnil(L);
  }
  lua_pushnil(L);
  return 2;
}

int error(lua_State* L) {
  const Future& future = *check(L);
  if (future.error()) {
    push_error(L, Error::of(kind::internal, "async call failed: " + future.error()->message));
    lua_pushboolean(L, 1);
  } else {
    lua_pushnil(L);
    lua_pushboolean(L, 0);
  }
  return 2;
}

int finish_cancel(lua_State* L, Reply& reply) {
  if (reply.error) return push_failure(L, *reply.error);
  lua_pushboolean(L, 1);
  lua_pushnil(L);
  return 2;
}

void issue_cancel(lua_State* L) {
  Isolate& isolate = Isolate::from(L);
  isolate.check_can_suspend(L);
  Future& future = *check(L);
  units::CancelCall command;
  command.call = future.op;
  future.cancel(isolate, L);
  isolate.issue(L, command);
}

int cancel(lua_State* L) {
  issue_cancel(L);
  return Isolate::from(L).await(L, finish_cancel);
}

int text(lua_State* L) {
  check(L);
  lua_pushliteral(L, "funcs.Future{}");
  return 1;
}

constexpr luaL_Reg methods[] = {
    {"response", channel}, {"channel", channel}, {"is_complete", is_complete}, {"is_canceled", is_canceled},
    {"result", result},    {"error", error},     {"cancel", cancel},           {nullptr, nullptr},
};
constexpr UserdataClass future_class{"funcs.Future", methods, text};

Handle& check(lua_State* L) { return check_userdata<Handle>(L, 1, future_class); }

}  // namespace

int start_future(lua_State* L, units::CallFunction& call) {
  Isolate& isolate = Isolate::from(L);
  isolate.check_can_suspend(L);
  call.async = true;
  auto future = std::make_shared<Future>();
  Channel::push_new(L, 1);
  future->attach(L);
  lua_pop(L, 1);
  Error refused;
  const std::optional<OpId> op = isolate.issue_to_sink(call, future, &refused);
  if (op) {
    future->op = *op;
  } else if (call.refused) {
    future->drop(isolate);
    future->orphan(L);
    return push_failure(L, refused);
  } else {
    // An unknown target and the like are reported through the future.
    Reply reply = Reply::failure(std::move(refused));
    future->deliver(isolate, reply);
  }
  push_userdata(L, future_class, Handle(isolate, std::move(future)));
  return 1;
}

}  // namespace trivium::lua
