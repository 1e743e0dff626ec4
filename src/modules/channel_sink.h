// Feeds the replies of an operation into a channel: timers, futures, subscriptions.
#pragma once

#include <memory>

#include "lua/isolate.h"

namespace trivium::lua {

// Keeps its channel alive in the isolate's registry from attach() until detach(); whoever holds the sink
// longer keeps the channel by other means.
class ChannelSink : public Sink {
 public:
  // The channel userdata is on top of L's stack; it stays there.
  void attach(lua_State* L);
  void detach(lua_State* L);
  // Pushes the channel userdata, or nil after detach().
  void push_channel(lua_State* L) const;
  Channel* channel() const { return channel_; }
  bool attached() const { return channel_ != nullptr; }
  void drop(Isolate& isolate) override { detach(isolate.main_state()); }

 protected:
  // Puts the value on top of the stack into the channel and pops it.
  void put(Isolate& isolate, lua_State* L) { channel_->push_value(isolate, L); }
  void close(Isolate& isolate, lua_State* L);

 private:
  Channel* channel_ = nullptr;
};

}  // namespace trivium::lua
