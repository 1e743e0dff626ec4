#include "modules/group_subscription.h"

#include "lua/isolate.h"
#include "modules/replies.h"
#include "modules/topic_channel.h"
#include "modules/userdata.h"
#include "units/commands/groups.h"

namespace trivium::lua {
namespace {

constexpr int channel_value = 1;  // user value of a subscription

struct GroupSubscription {
  std::string scope;
  std::string topic;
  Channel* channel = nullptr;  // kept alive as a user value
  bool closed = false;
};

GroupSubscription& check_subscription(lua_State* L);

int channel(lua_State* L) {
  check_subscription(L);
  lua_getiuservalue(L, 1, channel_value);
  return 1;
}

// close{flush = true} throws away what was not received.
Isolate::Unread unread_of(lua_State* L) {
  bool flush = false;
  if (!lua_isnoneornil(L, 2)) {
    luaL_checktype(L, 2, LUA_TTABLE);
    flush = lua_getfield(L, 2, "flush") == LUA_TBOOLEAN && lua_toboolean(L, -1) != 0;
    lua_pop(L, 1);
  }
  return flush ? Isolate::Unread::dropped : Isolate::Unread::as_subscribed;
}

void issue_close(lua_State* L, GroupSubscription& subscription) {
  Isolate& isolate = Isolate::from(L);
  isolate.check_can_suspend(L);
  const Isolate::Unread unread = unread_of(L);
  subscription.closed = true;
  isolate.unsubscribe(L, subscription.channel, unread);
  units::UnmonitorGroups command;
  command.scope = subscription.scope;
  command.topic = subscription.topic;
  isolate.issue(L, command);
}

int close(lua_State* L) {
  GroupSubscription& subscription = check_subscription(L);
  if (subscription.closed) {
    lua_pushboolean(L, 1);
    return 1;
  }
  issue_close(L, subscription);
  return Isolate::from(L).await(L, finish_value);
}

int text(lua_State* L) {
  check_subscription(L);
  lua_pushliteral(L, "pg.Subscription{}");
  return 1;
}

constexpr luaL_Reg methods[] = {{"channel", channel}, {"close", close}, {nullptr, nullptr}};
constexpr UserdataClass subscription_class{"pg.Subscription", methods, text};

GroupSubscription& check_subscription(lua_State* L) {
  return check_userdata<GroupSubscription>(L, 1, subscription_class);
}

}  // namespace

void push_group_subscription(lua_State* L, const std::string& scope, const std::string& topic,
                             size_t capacity) {
  Channel& made = push_topic_channel(L, topic, capacity);
  push_userdata(L, subscription_class, GroupSubscription{scope, topic, &made}, channel_value);
  lua_insert(L, -2);
  lua_setiuservalue(L, -2, channel_value);
}

}  // namespace trivium::lua
