// The typed front end: source text in, plain Lua and the types it needs at run time out.
// Pure functions without shared state: any thread may call them.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "lua/frontend/ast.h"
#include "lua/types/type.h"

namespace trivium::lua {

struct Program {
  // Plain Lua 5.4, every token on the line it had in the source. When types->slots() is not empty the
  // chunk is wrapped, and bind_types() (lua/types/types.h) unwraps it after loading.
  std::string lua;
  // The chunk's declarations and the type values it refers to; null when it has neither.
  std::shared_ptr<const TypeSet> types;
  // Literal arguments of require(), in source order; repeated names are repeated here.
  std::vector<RequiredName> requires_;
};

// Compiles one chunk. A source that does not parse is an error of kind Invalid whose message is the
// rendered diagnostic (source.h); `chunk_name` (entry id or file) only appears there.
Result<Program> compile(std::string_view source, std::string_view chunk_name);

// The same for a chunk that is parsed already, for those who need the tree too.
Program compile(const Ast& ast);

}  // namespace trivium::lua
