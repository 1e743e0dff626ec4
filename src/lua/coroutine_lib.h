#pragma once

#include "lua/sandbox/library.h"

namespace trivium::lua {

// create resume yield status running wrap spawn. A wait inside a coroutine made by create or wrap
// suspends the whole unit coroutine; resume does not see it.
extern const Library coroutine_library;

}  // namespace trivium::lua
