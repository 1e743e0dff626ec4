// The isolate's mailbox and who gets what is in it.
#include <utility>

#include "lua/codec.h"
#include "lua/isolate.h"
#include "lua/message_object.h"

// Lua's own header: whether its stack has room.
#include "lstate.h"

namespace trivium::lua {

void Isolate::take_message(Message& message) {
  if (!hand_over(message)) mailbox_.keep(std::move(message));
}

void Isolate::poll() {
  host_->poll(*this);
  take_inbound();
}

// Gives the message to a coroutine that waits for it, or to the application's own buffered channel. Other
// messages stay in the mailbox until somebody receives: routing is decided at hand-over.
bool Isolate::hand_over(Message& message) {
  const Subscription* target = mailbox_.target_of(message.topic);
  if (target == nullptr) {
    return TopicMailbox::is_runtime_topic(message.topic) && message.topic != topic::events;
  }
  if (!target->channel->has_receiver()) {
    if (target->feed == Subscription::Feed::on_receive || target->channel->closed() ||
        !target->channel->has_room()) {
      return false;
    }
    // Nothing overtakes what had no room before.
    if (mailbox_.first_for(*target) != TopicMailbox::none) return false;
  }
  push_message(main_, *target, message);
  target->channel->offer(*this, main_);
  return true;
}

// What was kept for others, or for nobody, may be for this one now.
void Isolate::feed(Subscription& subscription) {
  Channel& channel = *subscription.channel;
  while (!channel.closed() && (channel.has_receiver() ||
                               (subscription.feed == Subscription::Feed::buffered && channel.has_room()))) {
    const std::optional<Message> message = mailbox_.take_for(subscription);
    if (!message) return;
    push_message(main_, subscription, *message);
    channel.offer(*this, main_);
  }
}

void Isolate::push_message(lua_State* L, const Subscription& subscription, const Message& message) {
  if (L->stack_last - L->top < 6) luaL_checkstack(L, 6, "too many values");
  if (subscription.as_message) {
    push_message_object(L, message);
  } else if (message.values.count <= 1) {
    if (push_values(L, message.values) == 0) lua_pushnil(L);
  } else {
    const int count = static_cast<int>(message.values.count);
    lua_createtable(L, count, 0);
    const int table = lua_gettop(L);
    push_values(L, message.values);
    for (int i = count; i >= 1; --i) lua_rawseti(L, table, i);
  }
}

std::vector<Message> Isolate::take_mailbox() {
  std::vector<Message> messages = mailbox_.take_all();
  for (Inbound& inbound : inbound_) {
    if (inbound.op == 0) messages.push_back(std::move(inbound.message));
  }
  return messages;
}

bool Isolate::replace_message(std::string_view topic, const Values& old, const Values& fresh) {
  for (Inbound& inbound : inbound_) {
    if (inbound.op != 0 || inbound.message.topic != topic || inbound.message.values.bytes != old.bytes)
      continue;
    inbound.message.values = fresh;
    return true;
  }
  return mailbox_.replace(topic, old, fresh);
}

uint64_t Isolate::first_message_for(const Channel& channel) {
  const Subscription* subscription = channel.subscription();
  return subscription == nullptr || channel.closed() ? TopicMailbox::none : mailbox_.first_for(*subscription);
}

bool Isolate::receive_from_mailbox(lua_State* L, Channel& channel) {
  const Subscription* subscription = channel.subscription();
  if (subscription == nullptr || channel.closed()) return false;
  const std::optional<Message> message = mailbox_.take_for(*subscription);
  if (!message) return false;
  push_message(L, *subscription, *message);
  return true;
}

Subscription* Isolate::subscription_for(std::string_view topic) const {
  return topic.empty() ? mailbox_.inbox() : mailbox_.find(topic);
}

Subscription& Isolate::subscribe(lua_State* L, std::string_view topic, Subscription subscription) {
  Channel* channel = subscription.channel;
  lua_rawsetp(L, LUA_REGISTRYINDEX, channel);
  Subscription* made = channel->subscription();
  if (made != nullptr) {
    mailbox_.add_topic(*made, topic);
  } else {
    made = topic.empty() ? &mailbox_.open_inbox(std::move(subscription))
                         : &mailbox_.subscribe(topic, std::move(subscription));
    channel->set_subscription(made);
  }
  feed(*made);
  return *made;
}

bool Isolate::unsubscribe(lua_State* L, Channel* channel, Unread unread) {
  Subscription* subscription = channel->subscription();
  if (subscription == nullptr) return false;
  push_channel(L, *subscription);  // keeps it alive until it is closed
  if (unread == Unread::dropped) {
    channel->clear(L);
  } else {
    for (size_t i = 0; i < subscription->readable && receive_from_mailbox(L, *channel); ++i) {
      channel->push_value(*this, L);
    }
  }
  lua_pushnil(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, channel);
  channel->set_subscription(nullptr);
  mailbox_.unsubscribe(*subscription);
  channel->close(*this, L);
  lua_pop(L, 1);
  if (Subscription* inbox = mailbox_.inbox()) feed(*inbox);
  return true;
}

void Isolate::push_channel(lua_State* L, const Subscription& subscription) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, subscription.channel);
}

}  // namespace trivium::lua
