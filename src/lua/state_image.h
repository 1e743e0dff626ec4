// A Lua state kept as bytes, to make many more like it: copying a few kilobytes and moving the pointers in
// them costs a fraction of opening a state, its sandbox and its code again.
//
// How: the state is built twice, by the same steps, in two regions of memory. Words that are alike in both
// are data; words that differ by just the distance of the regions are pointers into the state. Anything
// else could not be moved, and there is no image then. No table may have keys that are hashed by their
// address (tables, functions made by Lua, userdata); taking an image checks that.
//
// What never changes, strings and the code of functions (lua/shared_objects.h), is not copied: all states
// made from an image refer to the image's, which must outlive them.
//
// Thread-safe once taken.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "lua/memory.h"
#include "lua/shared_strings.h"
#include "lua/state.h"

namespace trivium::lua {

class StateImage {
 public:
  // Builds a state that compiles no text; must leave the same in it every time, and nothing with a finalizer.
  // Strings it makes are shared even when nothing refers to them. False: give up.
  using Build = std::function<bool(lua_State*)>;

  // The image of a new state after `build`; null when it cannot be moved. `room`: bytes it may take, at most
  // 4 GB.
  static std::unique_ptr<const StateImage> take(unsigned seed, size_t room, const Build& build);

  // A state like the one that was taken, owned by `memory`, which is new and outlives it. Null: out of
  // memory.
  lua_State* instantiate(Memory& memory) const;

  // What such a state took besides by the time it first waited: the next ones get room for as much at once.
  void note_growth(size_t bytes) const;

  // Bytes copied.
  size_t size() const { return words_.size() * sizeof(uintptr_t); }

 private:
  StateImage() = default;

  std::vector<uintptr_t> words_;    // to copy; pointers among them as distances from the beginning
  std::vector<uint32_t> pointers_;  // which words are such pointers
  size_t state_at_ = 0;             // bytes from the beginning to the lua_State
  size_t used_ = 0;                 // as Lua counts
  std::vector<uintptr_t> shared_;   // strings and code
  SharedStrings strings_;           // the short ones of them
  mutable std::atomic<size_t> growth_{512};
};

}  // namespace trivium::lua
