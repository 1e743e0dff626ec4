#include "modules/events_module.h"

#include "lua/error_object.h"
#include "lua/isolate.h"
#include "lua/plain_data.h"
#include "modules/arguments.h"
#include "modules/permission.h"
#include "modules/replies.h"
#include "modules/topic_channel.h"
#include "modules/userdata.h"
#include "units/commands/events.h"

namespace trivium::lua {
namespace {

constexpr size_t channel_capacity = 64;
constexpr int channel_value = 1;  // user value of a subscription

int refuse(lua_State* L, std::string message) {
  return push_failure(L, Error::of(kind::invalid, std::move(message)));
}

// --- subscriptions ----------------------------------------------------------------------------------

struct Subscription {
  std::string topic;
  Channel* channel = nullptr;  // kept alive as a user value
  bool closed = false;
};

Subscription& check_subscription(lua_State* L);

int channel(lua_State* L) {
  check_subscription(L);
  lua_getiuservalue(L, 1, channel_value);
  return 1;
}

void issue_close(lua_State* L, Subscription& subscription) {
  Isolate& isolate = Isolate::from(L);
  isolate.check_can_suspend(L);
  subscription.closed = true;
  isolate.unsubscribe(L, subscription.channel);
  units::UnsubscribeEvents command;
  command.topic = subscription.topic;
  isolate.issue(L, command);
}

int close(lua_State* L) {
  Subscription& subscription = check_subscription(L);
  if (subscription.closed) {
    lua_pushboolean(L, 1);
    return 1;
  }
  issue_close(L, subscription);
  return Isolate::from(L).await(L, finish_value);
}

int text(lua_State* L) {
  check_subscription(L);
  lua_pushliteral(L, "events.Subscription{}");
  return 1;
}

constexpr luaL_Reg methods[] = {{"channel", channel}, {"close", close}, {nullptr, nullptr}};
constexpr UserdataClass subscription_class{"events.Subscription", methods, text};

Subscription& check_subscription(lua_State* L) {
  return check_userdata<Subscription>(L, 1, subscription_class);
}

// --- the module -------------------------------------------------------------------------------------

int finish_subscribe(lua_State* L, Reply& reply) {
  if (reply.error) return push_failure(L, *reply.error);
  const std::string topic = first_value(reply.values).as_string();
  Channel& made = push_topic_channel(L, topic, channel_capacity);
  push_userdata(L, subscription_class, Subscription{topic, &made}, channel_value);
  lua_pushvalue(L, -2);
  lua_setiuservalue(L, -2, channel_value);
  lua_pushnil(L);
  return 2;
}

int issue_subscribe(lua_State* L) {
  units::SubscribeEvents command;
  command.system = check_string_like(L, 1);
  if (!lua_isnoneornil(L, 2)) command.kind = check_string_like(L, 2);
  if (command.system.empty()) return refuse(L, "system pattern is required");
  if (command.kind.empty()) command.kind = "*";
  if (!allowed(L, "events.subscribe", command.system))
    return refuse(L, "not allowed to subscribe to events from system: " + command.system);
  Isolate::from(L).issue(L, command);
  return 0;
}

int subscribe(lua_State* L) {
  if (const int refused = issue_subscribe(L); refused != 0) return refused;
  return Isolate::from(L).await(L, finish_subscribe);
}

int issue_send(lua_State* L) {
  units::SendEvent command;
  command.system = check_string_like(L, 1);
  command.kind = check_string_like(L, 2);
  command.path = check_string_like(L, 3);
  if (command.system.empty()) return refuse(L, "system is required");
  if (command.kind.empty()) return refuse(L, "kind is required");
  if (command.path.empty()) return refuse(L, "path is required");
  if (!allowed(L, "events.send", command.system))
    return refuse(L, "not allowed to send events to system: " + command.system);
  if (!lua_isnoneornil(L, 4)) {
    Result<Value> data = to_plain(L, 4);
    if (!data) return push_failure(L, data.error());
    command.data = std::move(*data);
  }
  Isolate::from(L).issue(L, command);
  return 0;
}

int send(lua_State* L) {
  if (const int refused = issue_send(L); refused != 0) return refused;
  return Isolate::from(L).await(L, finish_value);
}

constexpr LibraryField fields[] = {{"subscribe", subscribe}, {"send", send}};
const Library library{fields};

}  // namespace

const Module events_module{"events", &library, nullptr, false};

}  // namespace trivium::lua
