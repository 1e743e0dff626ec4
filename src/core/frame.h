// The immutable context of one execution: what ctx.get shows and whose permissions apply. Inherited
// by copy along calls, spawns and workflow starts.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/value.h"

namespace trivium {

struct Actor {
  std::string id;
  Object meta;
};

struct Frame {
  Object values;
  std::optional<Actor> actor;
  std::optional<Array> policies;  // ids of the scope's policies; absent: no scope
};

using FrameRef = std::shared_ptr<const Frame>;

}  // namespace trivium
