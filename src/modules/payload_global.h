#pragma once

#include "lua/sandbox/library.h"

namespace trivium::lua {

// The global `payload`: new and format. The objects are those of
// lua/message_object.h.
extern const Library payload_library;

}  // namespace trivium::lua
