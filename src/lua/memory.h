// The allocator of one isolate: it counts, holds to a limit, and gives everything back at once.
//
// Small blocks come from free lists by size, filled from chunks that grow with the isolate: Lua tells the
// size when it frees, so they need no header, and an isolate of a few kilobytes pays for few large
// allocations instead of many small ones. Larger blocks are the C library's, linked so that they can be
// freed together. Chunks stay until the isolate ends.
//
// Threads: one at a time. With the address sanitizer every block is a large one, so that it is watched.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "core/fetch.h"
#include "lua/identities.h"

namespace trivium::lua {

class SharedStrings;

class Memory {
 public:
  Memory(size_t limit, unsigned seed) : limit_(limit), seed_(seed), ceiling_(ceiling_of(limit)) {}
  // Frees what was not given back.
  ~Memory();
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  // lua_Alloc; `ud` is the Memory.
  static void* allocate(void* ud, void* block, size_t old_size, size_t new_size);

  // The same in a state whose objects are known by numbers, and forgets those of what is freed.
  static void* allocate_known(void* ud, void* block, size_t old_size, size_t new_size);
  // Before an object is a key in the state, which takes that allocator.
  void know_objects() { identities_ = std::make_unique<Identities>(); }
  Identities* identities() const { return identities_.get(); }

  size_t used() const { return used_; }
  size_t limit() const { return limit_; }
  // Held for small blocks, in use or not.
  size_t held() const { return held_; }
  // Most of it lies idle since a great need long past; only the end of the isolate gives it back.
  bool wasteful() const { return held_ > (1 << 20) && held_ / 4 > used_; }
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
  // The state will compile no text: it needs no reserved words. Before the state is opened.
  void without_lexer() { lexer_ = false; }
  bool lexer() const { return lexer_; }

  // --- for images of states (lua/state_image.h) -----------------------------------------------------

  // As Lua's objects are aligned.
  static constexpr size_t granule = 8;

  // A first chunk that begins with `size` bytes for the caller to fill with blocks of `used` bytes in all,
  // and goes on with room for `more`. Null: out of memory. Only while nothing is allocated.
  std::byte* place(size_t size, size_t used, size_t more);
  // Where the state finds strings before it makes its own; null: nowhere. They outlive it.
  const SharedStrings* shared_strings() const { return shared_strings_; }
  void share_strings(const SharedStrings& strings) { shared_strings_ = &strings; }
  // Asks for what a state made from an image is likely to use first.
  void fetch_ahead() const noexcept {
    // Of a small state all that is in use; of a large one the beginning, and some of what came to the image.
    constexpr size_t most = 6144;
    constexpr size_t added = 1024;
    if (free_ >= region_end_ && free_ < region_ + most)
      return fetch(region_, static_cast<size_t>(free_ - region_));
    fetch(region_, std::min(static_cast<size_t>(region_end_ - region_), most));
    fetch(region_end_, added);
  }
  // From here to its end lies what every allocation looks at.
  const void* busy_part() const noexcept { return &free_lists_; }
  // What was taken from chunks since.
  size_t grown() const { return held_ - placed_ - static_cast<size_t>(end_ - free_); }

 private:
  static constexpr size_t classes = 24;
  static constexpr size_t largest_small = classes * granule;

  struct FreeBlock {
    FreeBlock* next;
  };
  struct Chunk {
    Chunk* next;
    size_t size;  // keeps what follows aligned
  };
  struct alignas(granule) Large {
    Large* next;
    Large* previous;
  };

  static bool is_small(size_t size);
  void recycle(std::byte* block, size_t size);
  bool in_region(const void* block) const { return block >= region_ && block < region_end_; }
  static size_t ceiling_of(size_t limit) { return limit != 0 ? limit : static_cast<size_t>(-1); }
  static void* allocate_slowly(Memory& memory, void* block, size_t old_size, size_t new_size);
  bool grant(size_t more);
  void* take(size_t size);
  void give(void* block, size_t size);
  void* resize(void* block, size_t old_size, size_t new_size);
  void* take_free(size_t index);
  void* take_small(size_t index);
  bool add_chunk(size_t size);
  void* take_large(size_t size);
  void* resize_large(void* block, size_t new_size);

  size_t limit_;
  unsigned seed_;
  bool lexer_ = true;
  bool exceeded_ = false;
  void (*on_exceeded_)(void*) = nullptr;
  void* context_ = nullptr;
  std::unique_ptr<Identities> identities_;  // null: objects are known by their addresses
  size_t refused_ = 0;  // by how much the last allocation wanted to grow, if it was refused
  size_t placed_ = 0;
  Chunk* chunks_ = nullptr;
  Large* large_ = nullptr;

  // What every allocation looks at, close together.
  std::array<FreeBlock*, classes> free_lists_{};
  // Blocks placed from outside.
  const std::byte* region_ = nullptr;
  const std::byte* region_end_ = nullptr;
  const SharedStrings* shared_strings_ = nullptr;
  std::byte* free_ = nullptr;  // of the newest chunk: from here on unused
  std::byte* end_ = nullptr;
  size_t used_ = 0;
  size_t held_ = 0;
  // More than this is granted only after a closer look: the limit, or nothing while one is due anyway.
  size_t ceiling_;
};

}  // namespace trivium::lua
