// The part of a Lua state that never changes, taken out of its hands: strings and the code of functions.
//
// Lua's collector follows no reference to an object that is not white, and frees only what is in its lists.
// So objects that are neither white nor listed, and refer to nothing else but such objects, may belong to
// many states at once, on any threads.
#pragma once

#include <cstddef>
#include <vector>

#include "lua/state.h"

struct TString;

namespace trivium::lua {

struct SharedObjects {
  struct Block {
    const void* begin;
    size_t size;
  };
  std::vector<Block> blocks;            // all their memory
  std::vector<TString*> short_strings;  // all the state had: it has none of its own left
};

// From a state whose collector is stopped and has not begun a cycle. From then on whoever looks for a short
// string must look among those first, and whoever frees the state must free the blocks himself.
SharedObjects take_shared_objects(lua_State* L);

}  // namespace trivium::lua
