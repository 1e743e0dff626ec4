// Prints a parsed chunk as plain Lua 5.4, every token on its original line.
#pragma once

#include <functional>
#include <string>

#include "lua/frontend/ast.h"

namespace trivium::lua {

// Applies the edits of the tree to its source. `slot_of` numbers the type values the chunk refers to
// (from 1). If there are any, the chunk is wrapped: it takes a table of type values and returns the
// function that is the user's chunk, which sees the table as an upvalue nobody else can name.
std::string erase(const Ast& ast, const std::function<size_t(const NameExpr&)>& slot_of);

}  // namespace trivium::lua
