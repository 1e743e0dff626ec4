#include "lua/memory.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "lua/state.h"

// Lua's own header, for luaX_init.
#include "llex.h"

namespace trivium::lua {
namespace {

constexpr size_t smallest_chunk = 512;
constexpr size_t largest_chunk = 32768;

size_t class_of(size_t size) { return (size - 1) / Memory::granule; }
size_t rounded(size_t size) { return (size + Memory::granule - 1) / Memory::granule * Memory::granule; }

}  // namespace

bool Memory::is_small([[maybe_unused]] size_t size) {
#ifdef __SANITIZE_ADDRESS__
  return false;
#else
  return size <= largest_small;
#endif
}

Memory::~Memory() {
  while (Chunk* chunk = chunks_) {
    chunks_ = chunk->next;
    std::free(chunk);
  }
  while (Large* large = large_) {
    large_ = large->next;
    std::free(large);
  }
}

// Most calls take or give a small block from or to a free list.
void* Memory::allocate(void* ud, void* block, size_t old_size, size_t new_size) {
  auto& memory = *static_cast<Memory*>(ud);
  if (block == nullptr && new_size != 0 && is_small(new_size) && memory.used_ + new_size <= memory.ceiling_) {
    FreeBlock*& list = memory.free_lists_[class_of(new_size)];
    if (FreeBlock* const free = list) {
      list = free->next;
      memory.used_ += new_size;
      return free;
    }
  } else if (new_size == 0 && block != nullptr && is_small(old_size)) {
    FreeBlock*& list = memory.free_lists_[class_of(old_size)];
    list = new (block) FreeBlock{list};
    memory.used_ -= old_size;
    return nullptr;
  }
  return allocate_slowly(memory, block, old_size, new_size);
}

void* Memory::allocate_known(void* ud, void* block, size_t old_size, size_t new_size) {
  if (block != nullptr && new_size == 0) static_cast<Memory*>(ud)->identities_->forget(block, old_size);
  return allocate(ud, block, old_size, new_size);
}

void* Memory::allocate_slowly(Memory& memory, void* block, size_t old_size, size_t new_size) {
  if (block == nullptr) old_size = 0;  // Lua passes the kind of object instead
  if (new_size == 0) {
    if (block != nullptr) memory.give(block, old_size);
    memory.used_ -= old_size;
    return nullptr;
  }
  if (new_size > old_size && memory.used_ + (new_size - old_size) > memory.ceiling_ &&
      !memory.grant(new_size - old_size))
    return nullptr;
  void* const made = block == nullptr ? memory.take(new_size) : memory.resize(block, old_size, new_size);
  if (made != nullptr) memory.used_ += new_size - old_size;
  return made;
}

// Lua answers a refusal by collecting its garbage and asking for the same once more; only when that did not
// help, or it gave up without asking, the limit counts as exceeded. From then on the little that ending the
// isolate takes is granted.
bool Memory::grant(size_t more) {
  if (exceeded_) return true;
  const bool fits = used_ + more <= ceiling_of(limit_);
  const size_t refused = std::exchange(refused_, 0);
  if (refused == 0) {
    if (!fits) refused_ = more;
  } else {
    exceeded_ = refused != more || !fits;
    if (exceeded_ && on_exceeded_ != nullptr) on_exceeded_(context_);
  }
  ceiling_ = exceeded_ || refused_ != 0 ? 0 : ceiling_of(limit_);
  return refused == 0 ? fits : !exceeded_ || refused != more;
}

// --- blocks -------------------------------------------------------------------------------------------

void* Memory::take(size_t size) { return is_small(size) ? take_small(class_of(size)) : take_large(size); }

void Memory::give(void* block, size_t size) {
  if (is_small(size)) {
    FreeBlock*& list = free_lists_[class_of(size)];
    list = new (block) FreeBlock{list};
    return;
  }
  if (in_region(block)) return recycle(static_cast<std::byte*>(block), rounded(size));
  Large* const large = static_cast<Large*>(block) - 1;
  (large->previous != nullptr ? large->previous->next : large_) = large->next;
  if (large->next != nullptr) large->next->previous = large->previous;
  std::free(large);
}

void* Memory::resize(void* block, size_t old_size, size_t new_size) {
  const bool small = is_small(old_size);
  if (small && is_small(new_size) && class_of(old_size) == class_of(new_size)) return block;
  if (!small && !is_small(new_size) && !in_region(block)) return resize_large(block, new_size);
  void* const moved = take(new_size);
  if (moved == nullptr) return nullptr;
  std::memcpy(moved, block, std::min(old_size, new_size));
  give(block, old_size);
  return moved;
}

// From the list of its size, else from the smallest free block that is larger.
void* Memory::take_free(size_t index) {
  for (size_t i = index; i < classes; ++i) {
    FreeBlock* const block = free_lists_[i];
    if (block == nullptr) continue;
    free_lists_[i] = block->next;
    if (i > index) give(reinterpret_cast<std::byte*>(block) + (index + 1) * granule, (i - index) * granule);
    return block;
  }
  return nullptr;
}

void* Memory::take_small(size_t index) {
  if (void* const block = take_free(index)) return block;
  const size_t size = (index + 1) * granule;
  if (static_cast<size_t>(end_ - free_) < size &&
      !add_chunk(std::clamp(held_ / 8, smallest_chunk, largest_chunk)))
    return nullptr;
  return std::exchange(free_, free_ + size);
}

// A piece of a chunk becomes small blocks.
void Memory::recycle(std::byte* block, size_t size) {
  if (!is_small(granule)) return;
  while (size >= granule) {
    const size_t part = std::min(size, largest_small);
    give(block, part);
    block += part;
    size -= part;
  }
}

bool Memory::add_chunk(size_t size) {
  recycle(free_, static_cast<size_t>(end_ - free_));
  void* const memory = std::malloc(size);
  if (memory == nullptr) return false;
  chunks_ = new (memory) Chunk{chunks_, size};
  held_ += size;
  free_ = reinterpret_cast<std::byte*>(chunks_ + 1);
  end_ = static_cast<std::byte*>(memory) + size / granule * granule;
  return true;
}

void* Memory::take_large(size_t size) {
  void* const memory = std::malloc(sizeof(Large) + size);
  if (memory == nullptr) return nullptr;
  auto* const large = new (memory) Large{large_, nullptr};
  if (large_ != nullptr) large_->previous = large;
  large_ = large;
  return large + 1;
}

void* Memory::resize_large(void* block, size_t new_size) {
  void* const memory = std::realloc(static_cast<Large*>(block) - 1, sizeof(Large) + new_size);
  if (memory == nullptr) return nullptr;
  auto* const large = static_cast<Large*>(memory);
  (large->previous != nullptr ? large->previous->next : large_) = large;
  if (large->next != nullptr) large->next->previous = large;
  return large + 1;
}

// --- images -------------------------------------------------------------------------------------------

std::byte* Memory::place(size_t size, size_t used, size_t more) {
  size = rounded(size);
  placed_ = sizeof(Chunk) + size;
  if (!add_chunk(placed_ + rounded(more))) return nullptr;
  std::byte* const placed = std::exchange(free_, free_ + size);
  region_ = placed;
  region_end_ = placed + size;
  used_ += used;
  return placed;
}

}  // namespace trivium::lua

// Named in config/lua_config.h; called by lua_newstate with the allocator already set.
unsigned int trivium_lua_seed(lua_State* L) {
  void* ud = nullptr;
  lua_getallocf(L, &ud);
  return static_cast<trivium::lua::Memory*>(ud)->seed();
}

// What lstate.c calls in place of luaX_init (cmake/lua.cmake).
LUAI_FUNC void trivium_open_lexer(lua_State* L);
void trivium_open_lexer(lua_State* L) {
  void* ud = nullptr;
  lua_getallocf(L, &ud);
  if (static_cast<trivium::lua::Memory*>(ud)->lexer()) luaX_init(L);
}
