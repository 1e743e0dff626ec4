// Lua's C API. Lua is compiled as C++; the headers declare it extern "C" themselves.
#pragma once

extern "C" {
#include "lauxlib.h"
#include "lua.h"
#include "lualib.h"
}
