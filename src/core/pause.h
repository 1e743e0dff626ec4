// For loops that wait for another thread without sleeping: leaves the processor's means to others for a
// moment.
#pragma once

#include <atomic>

namespace trivium {

inline void pause_processor() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#else
  std::atomic_signal_fence(std::memory_order_seq_cst);
#endif
}

}  // namespace trivium
