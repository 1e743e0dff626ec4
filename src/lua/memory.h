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
  // Called once, inside the allocation that exceeds the limit; must not allocate through this.
  void when_exceeded(void (*call)(void*), void* context) {
    on_exceeded_ = call;
    context_ = context;
  }
  // Time to collect garbage as it comes rather than now and then.
  bool tight() const { return limit_ != 0 && used_ > limit_ / 2; }
  unsigned seed() const { return seed_; }

 private:
  bool grant(size_t more);

  size_t used_ = 0;
  size_t limit_;
  unsigned seed_;
  void (*on_exceeded_)(void*) = nullptr;
  void* context_ = nullptr;
  size_t refused_ = 0;  // by how much the last allocation wanted to grow, if it was refused
  bool exceeded_ = false;
};

}  // namespace trivium::lua
