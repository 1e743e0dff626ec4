// The accounting allocator of one isolate.
#pragma once

#include <cstddef>

namespace trivium::lua {

class Memory {
 public:
  Memory(size_t limit, unsigned seed) : limit_(limit), seed_(seed) {}

  // lua_Alloc; `ud` is the Memory.
  static void* allocate(void* ud, void* block, size_t old_size, size_t new_size);

  size_t used() const { return used_; }
  size_t limit() const { return limit_; }
  // An allocation was refused: the isolate must end, whatever its code does with the error.
  bool exceeded() const { return exceeded_; }
  unsigned seed() const { return seed_; }

 private:
  size_t used_ = 0;
  size_t limit_;
  unsigned seed_;
  bool exceeded_ = false;
};

}  // namespace trivium::lua
