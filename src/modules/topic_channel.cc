#include "modules/topic_channel.h"

#include "lua/isolate.h"

namespace trivium::lua {

Channel& push_topic_channel(lua_State* L, const std::string& topic, size_t capacity) {
  Channel& channel = Channel::push_new(L, capacity);
  lua_pushvalue(L, -1);
  Isolate::from(L).subscribe(L, topic, {.channel = &channel, .readable = capacity});
  return channel;
}

}  // namespace trivium::lua
