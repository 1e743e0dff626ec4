// Bump allocator for the nodes of one tree: they are plain data, live as long as the tree and are
// freed all at once. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace trivium::lua {

class Arena {
 public:
  template <class T, class... Args>
  T* make(Args&&... args) {
    static_assert(std::is_trivially_destructible_v<T>, "nodes are never destroyed one by one");
    return new (allocate(sizeof(T), alignof(T))) T{std::forward<Args>(args)...};
  }

  // Copies `count` items from `from` into the arena.
  template <class T>
  std::span<T> copy(const T* from, size_t count) {
    static_assert(std::is_trivially_copyable_v<T>);
    if (count == 0) return {};
    T* to = static_cast<T*>(allocate(sizeof(T) * count, alignof(T)));
    std::memcpy(to, from, sizeof(T) * count);
    return {to, count};
  }
  template <class T>
  std::span<T> copy(const std::vector<T>& from) {
    return copy(from.data(), from.size());
  }

 private:
  static constexpr size_t kBlock = 16 * 1024;

  void* allocate(size_t size, size_t align) {
    const size_t start = (used_ + align - 1) & ~(align - 1);
    if (blocks_.empty() || start + size > capacity_) {
      capacity_ = size > kBlock ? size : kBlock;
      blocks_.push_back(std::unique_ptr<std::byte[]>(new std::byte[capacity_]));
      used_ = size;
      return blocks_.back().get();
    }
    used_ = start + size;
    return blocks_.back().get() + start;
  }

  std::vector<std::unique_ptr<std::byte[]>> blocks_;
  size_t used_ = 0;
  size_t capacity_ = 0;
};

}  // namespace trivium::lua
