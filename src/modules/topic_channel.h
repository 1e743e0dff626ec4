// Channels for what comes on a topic of the runtime's own: bus events, changes of groups.
#pragma once

#include <string>

#include "lua/channel.h"
#include "lua/state.h"

namespace trivium::lua {

// Pushes a new channel that is fed with the messages of the topic. Up to `capacity` of them stay readable
// when it is closed; before that, all wait in the mailbox.
Channel& push_topic_channel(lua_State* L, const std::string& topic, size_t capacity);

}  // namespace trivium::lua
