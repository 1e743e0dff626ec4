// The life of a Runnable in one atomic word: its state and how many references keep it alive, so that
// waking, starting and parking cost one atomic operation each.
//
//              wake                begin                  wake
//     idle ----------> scheduled ----------> running ----------> running_notified
//      ^                ^   ^                 |  |  |                    |
//      |                |   |     requeue     |  |  |   park, requeue    |
//      |                |   +-----------------+  |  | (it runs again)    |
//      |                +------------------------|--|--------------------+
//      |                   park                  |  |    finish
//      +-----------------------------------------+  +-------------> done (from both running states)
//
// A scheduled or running object carries one reference more, the queue's, which moves with it.
#pragma once

#include <atomic>
#include <cstdint>

namespace trivium::sched {

class RunState {
 public:
  enum class State : uint64_t { idle, scheduled, running, running_notified, done };
  enum class AfterRun { parked, requeue, destroy };

  // Any thread. True: the state went from idle to scheduled, and the caller has to queue the object, with
  // the reference that was added. Whatever the answer, the next begin() sees all the caller did before.
  bool wake() noexcept {
    uint64_t word = word_.load(std::memory_order_relaxed);
    for (;;) {
      uint64_t next = word;
      switch (state_of(word)) {
        case State::idle:
          next = word + one_reference + 1;
          break;
        case State::running:
          next = word + 1;
          break;
        // Nothing to change, yet the write must happen: it orders this waker before the next begin().
        case State::scheduled:
        case State::running_notified:
          break;
        case State::done:
          return false;
      }
      if (word_.compare_exchange_weak(word, next, std::memory_order_acq_rel, std::memory_order_relaxed)) {
        return state_of(word) == State::idle;
      }
    }
  }

  // The same if it is idle, and nothing otherwise.
  bool wake_idle() noexcept {
    uint64_t word = word_.load(std::memory_order_relaxed);
    while (state_of(word) == State::idle) {
      if (word_.compare_exchange_weak(word, word + one_reference + 1, std::memory_order_acq_rel,
                                      std::memory_order_relaxed))
        return true;
    }
    return false;
  }

  // scheduled -> running, by the thread that took the object out of its queue.
  void begin() noexcept { word_.fetch_add(1, std::memory_order_acq_rel); }

  // The run is over, for now. `requeue`: it was woken meanwhile, is scheduled, and the queue's reference
  // stays; `destroy`: that reference was the last one.
  AfterRun park() noexcept {
    uint64_t word = word_.load(std::memory_order_relaxed);
    for (;;) {
      const bool notified = state_of(word) == State::running_notified;
      const uint64_t next = notified ? with(word, State::scheduled) : with(word, State::idle) - one_reference;
      if (word_.compare_exchange_weak(word, next, std::memory_order_acq_rel, std::memory_order_relaxed)) {
        return notified ? AfterRun::requeue : after_release(next);
      }
    }
  }

  // running, notified or not -> scheduled.
  void requeue() noexcept {
    uint64_t word = word_.load(std::memory_order_relaxed);
    while (!word_.compare_exchange_weak(word, with(word, State::scheduled), std::memory_order_acq_rel,
                                        std::memory_order_relaxed)) {
    }
  }

  // The run is over for good: `parked`, or `destroy` if the queue's reference was the last one.
  AfterRun finish() noexcept {
    uint64_t word = word_.load(std::memory_order_relaxed);
    for (;;) {
      const uint64_t next = with(word, State::done) - one_reference;
      if (word_.compare_exchange_weak(word, next, std::memory_order_acq_rel, std::memory_order_relaxed)) {
        return after_release(next);
      }
    }
  }

  void retain() noexcept { word_.fetch_add(one_reference, std::memory_order_relaxed); }
  // True: that was the last reference; the caller destroys the object.
  bool release() noexcept {
    return (word_.fetch_sub(one_reference, std::memory_order_acq_rel) >> state_bits) == 1;
  }

  State state() const noexcept { return state_of(word_.load(std::memory_order_acquire)); }

 private:
  static constexpr int state_bits = 3;
  static constexpr uint64_t one_reference = uint64_t{1} << state_bits;
  static constexpr uint64_t state_mask = one_reference - 1;

  static State state_of(uint64_t word) { return static_cast<State>(word & state_mask); }
  static uint64_t with(uint64_t word, State state) {
    return (word & ~state_mask) | static_cast<uint64_t>(state);
  }
  static AfterRun after_release(uint64_t word) {
    return (word >> state_bits) == 0 ? AfterRun::destroy : AfterRun::parked;
  }

  std::atomic<uint64_t> word_{one_reference};
};

}  // namespace trivium::sched
