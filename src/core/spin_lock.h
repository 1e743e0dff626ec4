// A lock for a few instructions: one byte, one locked instruction. Its holder must not wait for anything.
#pragma once

#include <atomic>
#include <thread>

namespace trivium {

// Meets the requirements of std::lock_guard and std::scoped_lock.
class SpinLock {
 public:
  SpinLock() = default;
  SpinLock(const SpinLock&) = delete;
  SpinLock& operator=(const SpinLock&) = delete;

  void lock() noexcept {
    while (locked_.exchange(true, std::memory_order_acquire)) wait();
  }
  bool try_lock() noexcept { return !locked_.exchange(true, std::memory_order_acquire); }
  void unlock() noexcept { locked_.store(false, std::memory_order_release); }

 private:
  // The holder may have lost its processor: after a while give up one's own.
  void wait() const noexcept {
    for (int looks = 0; locked_.load(std::memory_order_relaxed); ++looks) {
      if (looks >= 100) std::this_thread::yield();
    }
  }

  std::atomic<bool> locked_{false};
};

}  // namespace trivium
