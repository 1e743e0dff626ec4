// A worker's run queue: a fixed ring that its owner fills and everyone empties from the front.
//
// Pushing is a store; taking is done under a lock of a few instructions, because that lets the owner look
// past what it takes: those that come next are kept alive by the queue, and nobody takes them meanwhile. The
// owner takes at the front like everybody, since runnables must get their turns in the order of their coming.
// The ring does not grow; what does not fit goes to the worker's inbox.
//
// Why it is right: an element is at index i for as long as top <= i < bottom. Only the owner writes bottom
// and slots, and it overwrites slot i % capacity only once it has seen top > i; only the lock's holder writes
// top. Reading bottom with acquire makes the contents of every slot below it visible.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include "core/spin_lock.h"

namespace trivium::sched {

class Runnable;

class LocalQueue {
 public:
  static constexpr size_t capacity = 256;
  static constexpr size_t max_batch = capacity / 2;
  using Batch = std::array<Runnable*, max_batch>;

  // Owner only. False if full.
  bool push(Runnable& runnable) {
    const uint64_t bottom = bottom_.load(std::memory_order_relaxed);
    if (bottom - top_.load(std::memory_order_acquire) >= capacity) return false;
    slots_[bottom % capacity].store(&runnable, std::memory_order_relaxed);
    bottom_.store(bottom + 1, std::memory_order_release);
    return true;
  }

  // Owner only. The oldest, null if empty.
  Runnable* take() {
    return take_looking(0, [](Runnable&, size_t) {});
  }

  // The same; `look` is called with each of the `ahead` that come after it, if there are, and with how many
  // are taken before. It must not wait for anything, nor keep the reference.
  template <class Look>
  Runnable* take_looking(size_t ahead, Look look) {
    if (empty()) return nullptr;
    const std::lock_guard lock(taking_);
    const uint64_t top = top_.load(std::memory_order_relaxed);
    const uint64_t left = bottom_.load(std::memory_order_relaxed) - top;
    if (left == 0) return nullptr;
    for (size_t i = 1; i <= ahead && i < left; ++i) look(*at(top + i), i);
    Runnable* const first = at(top);
    top_.store(top + 1, std::memory_order_release);
    return first;
  }

  // Any thread. Moves the older half, rounded up, to `out`; returns how many, 0 if empty.
  size_t take_half(Batch& out) {
    if (empty()) return 0;
    const std::lock_guard lock(taking_);
    const uint64_t top = top_.load(std::memory_order_relaxed);
    const size_t count =
        std::min<uint64_t>((bottom_.load(std::memory_order_acquire) - top + 1) / 2, max_batch);
    for (size_t i = 0; i < count; ++i) out[i] = at(top + i);
    top_.store(top + count, std::memory_order_release);
    return count;
  }

  // Any thread; exact for the owner as long as nobody steals.
  size_t size() const {
    const uint64_t top = top_.load(std::memory_order_acquire);
    const uint64_t bottom = bottom_.load(std::memory_order_acquire);
    return bottom > top ? bottom - top : 0;
  }
  bool empty() const { return size() == 0; }

 private:
  Runnable* at(uint64_t index) const { return slots_[index % capacity].load(std::memory_order_relaxed); }

  // Takers write top, the owner writes bottom: kept apart so that they do not share a cache line.
  alignas(64) std::atomic<uint64_t> top_{0};
  SpinLock taking_;
  alignas(64) std::atomic<uint64_t> bottom_{0};
  std::array<std::atomic<Runnable*>, capacity> slots_{};
};

}  // namespace trivium::sched
