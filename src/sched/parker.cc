#include "sched/parker.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "core/clock.h"

namespace trivium::sched {
namespace {

static_assert(sizeof(std::atomic<uint32_t>) == sizeof(uint32_t));

// Sleeps while `word` is `expected`, at most until CLOCK_MONOTONIC shows `deadline`. May return early.
int futex_wait(std::atomic<uint32_t>& word, uint32_t expected, const timespec* deadline) {
  return static_cast<int>(syscall(SYS_futex, &word, FUTEX_WAIT_BITSET_PRIVATE, expected, deadline, nullptr,
                                  FUTEX_BITSET_MATCH_ANY));
}

void futex_wake_one(std::atomic<uint32_t>& word) {
  syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
}

}  // namespace

void Parker::park() { wait(std::nullopt); }
bool Parker::park_for(int64_t nanoseconds) { return wait(std::max<int64_t>(nanoseconds, 0)); }

bool Parker::wait(std::optional<int64_t> nanoseconds) {
  uint32_t expected = empty;
  if (!state_.compare_exchange_strong(expected, parked, std::memory_order_acq_rel)) {
    state_.store(empty, std::memory_order_relaxed);  // it was notified: only we change it from there
    return true;
  }
  timespec deadline{};
  if (nanoseconds) {
    constexpr int64_t second = 1'000'000'000;
    const int64_t at = system_clock().monotonic_ns() + *nanoseconds;
    deadline = {.tv_sec = at / second, .tv_nsec = at % second};
  }
  for (;;) {
    const int result = futex_wait(state_, parked, nanoseconds ? &deadline : nullptr);
    const bool timed_out = result < 0 && errno == ETIMEDOUT;
    if (state_.load(std::memory_order_acquire) == notified || timed_out) {
      // An unpark that slips in after the time-out counts all the same.
      return state_.exchange(empty, std::memory_order_acq_rel) == notified;
    }
  }
}

void Parker::unpark() {
  if (state_.exchange(notified, std::memory_order_acq_rel) == parked) futex_wake_one(state_);
}

}  // namespace trivium::sched
