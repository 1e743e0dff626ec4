// The memory in which a state is built to take its image: it is told where each block lies.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "lua/memory.h"
#include "lua/state.h"

namespace trivium::lua {

// Threads: one at a time. Lua's allocator is `allocate`, its user data `memory()`.
class ImageRegion : private Memory {
 public:
  // `size`: bytes that may be taken in all; what is given back does not count.
  ImageRegion(unsigned seed, size_t size);

  static void* allocate(void* ud, void* block, size_t old_size, size_t new_size);
  Memory* memory() { return this; }

  static constexpr size_t words_in(size_t bytes) {
    return (bytes + sizeof(uintptr_t) - 1) / sizeof(uintptr_t);
  }
  // Distance from the beginning.
  size_t at(const void* address) const {
    return reinterpret_cast<uintptr_t>(address) - reinterpret_cast<uintptr_t>(words_.data());
  }
  size_t size() const { return words_.size() * sizeof(uintptr_t); }
  uintptr_t word(size_t at) const { return words_[at / sizeof(uintptr_t)]; }

  // What is in use: size by distance. Behind each block lies a word of no block, so that a pointer to its end
  // is none to the next one.
  using Blocks = std::map<size_t, size_t>;
  const Blocks& blocks() const { return blocks_; }

 private:
  std::vector<uintptr_t> words_;
  size_t used_words_ = 0;
  Blocks blocks_;
};

}  // namespace trivium::lua
