#pragma once

#include <string>

#include "core/wire.h"

namespace trivium::lua {

// What travels between units. Topics that start with '@' are the runtime's own.
struct Message {
  std::string topic;
  std::string from;  // PID text of the sender; empty: the runtime itself
  Values values;
};

namespace topic {
inline constexpr std::string_view events = "@pid/events";  // process events: EXIT, LINK_DOWN, CANCEL
}

}  // namespace trivium::lua
