// A worker's run queue: a fixed ring that its owner fills and everyone empties from the front.
//
// This is the work-stealing deque of D. Chase and Y. Lev, "Dynamic Circular Work-Stealing Deque" (SPAA
// 2005), with the memory orders of N. M. Lê, A. Pop, A. Cohen and F. Zappa Nardelli, "Correct and Efficient
// Work-Stealing for Weak Memory Models" (PPoPP 2013), less its hard part: here the owner, too, takes at the
// top, since runnables must get their turns in the order of their coming. Without a pop at the bottom, bottom
// only grows, so no fence is needed between reading top and bottom, and a batch may be taken with one
// compare-and-swap. The ring does not grow; what does not fit goes to the worker's inbox.
//
// Why it is right: an element is at index i for as long as top <= i < bottom, and slot i % capacity is
// overwritten only once the owner has seen top > i. A taker reads slots [t, t + n) and then moves top from t
// to t + n; if that succeeds, top was t all along (it never goes back), so none of the slots was overwritten
// or taken by another. Reading bottom with acquire makes the contents of every slot below it visible.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

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
    const uint64_t bottom = bottom_.load(std::memory_order_relaxed);
    uint64_t top = top_.load(std::memory_order_acquire);
    while (top != bottom) {
      Runnable* runnable = slots_[top % capacity].load(std::memory_order_relaxed);
      if (top_.compare_exchange_weak(top, top + 1, std::memory_order_acq_rel, std::memory_order_acquire)) {
        return runnable;
      }
    }
    return nullptr;
  }

  // Any thread. Moves the older half, rounded up, to `out`; returns how many, 0 if empty.
  size_t take_half(Batch& out) {
    uint64_t top = top_.load(std::memory_order_acquire);
    for (;;) {
      const uint64_t bottom = bottom_.load(std::memory_order_acquire);
      if (top >= bottom) return 0;
      // A stale top makes the distance too large; the exchange below fails then.
      const size_t count = std::min<uint64_t>((bottom - top + 1) / 2, max_batch);
      for (size_t i = 0; i < count; ++i) {
        out[i] = slots_[(top + i) % capacity].load(std::memory_order_relaxed);
      }
      if (top_.compare_exchange_weak(top, top + count, std::memory_order_acq_rel,
                                     std::memory_order_acquire)) {
        return count;
      }
    }
  }

  // Any thread; exact for the owner as long as nobody steals.
  size_t size() const {
    const uint64_t top = top_.load(std::memory_order_acquire);
    const uint64_t bottom = bottom_.load(std::memory_order_acquire);
    return bottom > top ? bottom - top : 0;
  }
  bool empty() const { return size() == 0; }

 private:
  // Takers write top, the owner writes bottom: kept apart so that they do not share a cache line.
  alignas(64) std::atomic<uint64_t> top_{0};
  alignas(64) std::atomic<uint64_t> bottom_{0};
  std::array<std::atomic<Runnable*>, capacity> slots_{};
};

}  // namespace trivium::sched
