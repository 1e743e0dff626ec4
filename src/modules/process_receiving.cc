#include "modules/process_receiving.h"

#include "lua/error_object.h"
#include "lua/isolate.h"
#include "modules/arguments.h"
#include "modules/process_module.h"

namespace trivium::lua {
namespace {

// `readable`: how many messages stay readable after unlisten.
int open(lua_State* L, std::string_view topic, bool as_message, size_t readable) {
  Isolate& isolate = Isolate::from(L);
  isolate.check_can_suspend(L);
  if (Subscription* known = isolate.subscription_for(topic)) {
    known->as_message = known->as_message || as_message;
    isolate.push_channel(L, *known);
    return 1;
  }
  Channel& channel = Channel::push_new(L, 0);
  lua_pushvalue(L, -1);
  isolate.subscribe(L, topic, {.channel = &channel, .as_message = as_message, .readable = readable});
  return 1;
}

int close(lua_State* L) {
  Channel* channel = Channel::test(L, 1);
  luaL_argexpected(L, channel != nullptr, 1, "channel");
  if (!Isolate::from(L).unsubscribe(L, channel)) {
    lua_pushboolean(L, 0);
    push_error(L, Error::of(kind::not_found, "channel not found"));
    return 2;
  }
  lua_pushboolean(L, 1);
  return 1;
}

}  // namespace

// The inbox is the subscription without a topic: it takes what no other wants.
int process_inbox(lua_State* L) { return open(L, {}, true, 0); }
int process_events(lua_State* L) { return open(L, topic::events, false, 0); }

int process_listen(lua_State* L) {
  const std::string_view topic = check_string_like(L, 1);
  if (topic.empty()) return push_failure(L, Error::of(kind::invalid, "topic cannot be empty"));
  if (topic.starts_with('@')) return push_failure(L, Error::of(kind::invalid, "cannot listen to @ topics"));
  bool as_message = false;
  if (lua_istable(L, 2)) {
    lua_getfield(L, 2, "message");
    as_message = lua_isboolean(L, -1) && lua_toboolean(L, -1) != 0;
    lua_pop(L, 1);
  }
  return open(L, topic, as_message, 1);
}

int process_unlisten(lua_State* L) { return close(L); }

int subscribe_channel(lua_State* L) {
  const std::string_view topic = check_string_like(L, 1);
  Channel* channel = Channel::test(L, 2);
  luaL_argexpected(L, channel != nullptr, 2, "channel");
  if (topic.empty()) return push_failure(L, Error::of(kind::invalid, "topic cannot be empty"));
  const Subscription* used = channel->subscription();
  if (used != nullptr && used->feed == Subscription::Feed::on_receive) {
    return push_failure(L, Error::of(kind::invalid, "the channel has a topic of its own"));
  }
  Isolate& isolate = Isolate::from(L);
  isolate.check_can_suspend(L);
  if (const Subscription* known = isolate.subscription_for(topic)) {
    if (known->channel != channel) {
      return push_failure(
          L, Error::of(kind::already_exists, "topic \"" + std::string(topic) + "\" already subscribed"));
    }
  } else {
    lua_pushvalue(L, 2);
    isolate.subscribe(L, topic, {.channel = channel, .feed = Subscription::Feed::buffered});
  }
  lua_pushvalue(L, 2);
  return 1;
}

int unsubscribe_channel(lua_State* L) { return close(L); }

}  // namespace trivium::lua
