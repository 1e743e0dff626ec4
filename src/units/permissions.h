// Who may do what: asked before an operation that is guarded, with the context of whoever asks.
#pragma once

#include <string_view>

#include "core/frame.h"

namespace trivium::units {

// Thread-safe; called on the hot path of operations, must not wait.
class Permissions {
 public:
  virtual ~Permissions() = default;

  // `frame` may be null: no actor, no scope. `attributes` belong to the check (`pid`: of the caller), not to
  // the actor.
  virtual bool allows(const FrameRef& frame, std::string_view action, std::string_view resource,
                      const Object& attributes) const = 0;
};

}  // namespace trivium::units
