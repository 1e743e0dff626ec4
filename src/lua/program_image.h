// The state of an isolate before any code of its program has run, prepared once for all isolates of the
// program: sandbox opened, chunks loaded.
//
//   main state    empty
//   loader        a thread, anchored in the registry; on its stack the chunks, the first to run on top
#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include "lua/environment.h"
#include "lua/state_image.h"

namespace trivium::lua {

struct EntryProgram;

// Part of a program. Thread-safe.
class ProgramImage {
 public:
  // Null for the first isolate, which is faster built than two for an image, and where there is none.
  const StateImage* of(const EntryProgram& program, const Environment& environment, unsigned seed) const;

 private:
  mutable std::atomic<bool> used_{false};
  mutable std::once_flag taken_;
  mutable std::unique_ptr<const StateImage> image_;
  // What it was taken for: isolates with other settings are built from nothing.
  mutable const Environment* environment_ = nullptr;
  mutable unsigned seed_ = 0;
};

// Prepares a new state as described above. Raises what Lua raises.
void prepare_program(lua_State* L, const EntryProgram& program, const Environment& environment);
// The thread that prepare_program made.
lua_State* prepared_loader(lua_State* L);
// It has served: nothing keeps it alive any more but the stack, where it is pushed.
void release_loader(lua_State* L);

}  // namespace trivium::lua
