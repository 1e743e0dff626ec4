#pragma once

#include <span>

#include "lua/sandbox/library.h"
#include "units/programs.h"

namespace trivium::cli {

// The native modules of this runtime, and stand-ins for those of the application format that it does
// not have: they load, and raise when they are used.
const units::ModuleSet& runtime_modules();

// Globals that need no declaration, beyond the base library's.
std::span<const lua::LibraryField> ambient_globals();

}  // namespace trivium::cli
