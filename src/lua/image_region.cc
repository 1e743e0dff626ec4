#include "lua/image_region.h"

#include <algorithm>
#include <cstring>

namespace trivium::lua {

ImageRegion::ImageRegion(unsigned seed, size_t size) : Memory(0, seed), words_(size / sizeof(uintptr_t)) {
  without_lexer();
}

void* ImageRegion::allocate(void* ud, void* block, size_t old_size, size_t new_size) {
  auto& region = static_cast<ImageRegion&>(*static_cast<Memory*>(ud));
  if (block != nullptr && new_size <= old_size && new_size != 0) {
    region.blocks_[region.at(block)] = new_size;
    return block;
  }
  void* made = nullptr;
  if (new_size != 0) {
    const size_t words = words_in(new_size);
    if (region.words_.size() - region.used_words_ <= words) return nullptr;
    made = region.words_.data() + region.used_words_;
    region.used_words_ += words + 1;
    region.blocks_.emplace(region.at(made), new_size);
    if (block != nullptr) std::memcpy(made, block, std::min(old_size, new_size));
  }
  if (block != nullptr) region.blocks_.erase(region.at(block));
  return made;
}

}  // namespace trivium::lua
