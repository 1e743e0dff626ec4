// The globals every isolate has without declaring them, described once for the whole runtime and
// bound lazily in each isolate.
#pragma once

#include <span>
#include <vector>

#include "core/value.h"
#include "lua/sandbox/sandbox.h"

namespace trivium::lua {

class Environment {
 public:
  // `extra`: globals of other rooms (process, payload …); win over ours of the same name.
  explicit Environment(std::span<const LibraryField> extra = {});
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  const SandboxHooks& hooks() const { return hooks_; }

 private:
  std::vector<LibraryField> fields_;
  Library globals_;
  SandboxHooks hooks_;
};

// {location = "entry:line"} of the Lua code that called the running C function.
Object location_field(lua_State* L);

}  // namespace trivium::lua
