// Equality and order of types.
#pragma once

#include "lua/types/resolve.h"

namespace trivium::lua {

// Structural equality: names do not matter, the order of union members neither.
bool is_equal(const Typed& a, const Typed& b, const Imports& imports);

// Whether every value of `a` may stand where `b` is asked for.
bool is_subtype(const Typed& a, const Typed& b, const Imports& imports);

}  // namespace trivium::lua
