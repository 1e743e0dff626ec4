// Pending timers by due time: a hierarchical timing wheel (G. Varghese and T. Lauck, "Hashed and
// Hierarchical Timing Wheels", SOSP 1987). Setting and cancelling take constant time however many there are.
//
// Time is counted in ticks of 2^17 ns (0.13 ms). Level k has 64 slots of 64^k ticks each; a timer is on the
// lowest level on which it shares the wheel's present revolution. When time reaches a slot of a higher level,
// its timers move down (in steps, so that the owner's lock is never held for long); those of level 0 are due.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "sched/task.h"
#include "sched/timers.h"

namespace trivium::sched {

// Not thread-safe. Knows no clock.
class TimerWheel {
 public:
  explicit TimerWheel(int64_t now_ns);

  // Due at `due_ns`, rounded up: to 0.13 ms if that is less than 8 ms after `now_ns`, else to 1 ms.
  TimerId add(int64_t due_ns, int64_t now_ns, Task callback);
  // The callback, unrun, or nothing if the timer is not pending.
  Task cancel(TimerId id);

  // Moves the wheel on and takes one callback that is due at `now_ns`: by due time, equal ones in the order
  // they were added. Nothing: none is due, or (if `next_ns()` is not after `now_ns`) a step of the work of
  // getting there was done and the caller goes on.
  std::optional<Task> advance(int64_t now_ns);
  // When advance() next has something to do; INT64_MAX if nothing is pending.
  int64_t next_ns() const;

  size_t pending() const { return pending_; }

 private:
  using Index = uint32_t;
  static constexpr Index nil = UINT32_MAX;
  static constexpr int tick_bits = 17;
  static constexpr int level_bits = 6;
  static constexpr size_t slots_per_level = size_t{1} << level_bits;
  static constexpr int levels = 8;  // 64^8 ticks: all of int64_t nanoseconds
  static constexpr uint16_t no_slot = UINT16_MAX;
  static constexpr uint16_t due_slot = UINT16_MAX - 1;

  struct Node {
    int64_t due_ns = 0;
    uint64_t tick = 0;
    Task callback;
    Index next = nil;
    Index previous = nil;
    uint32_t generation = 0;  // counts the uses of this node, so that an old id is known for what it is
    uint16_t slot = no_slot;  // level * 64 + slot, or one of the two above
  };
  struct Slot {
    Index first = nil;
    Index last = nil;
  };
  struct Position {
    int level;
    size_t slot;
    uint64_t starts;  // tick
  };

  static uint64_t tick_for(int64_t due_ns, int64_t now_ns);
  static TimerId id_of(Index index, const Node& node);
  Index allocate();
  Task free(Index index);
  Slot& slot_at(uint16_t slot) { return slots_[slot / slots_per_level][slot % slots_per_level]; }
  void link(Index index);
  void unlink(Index index);
  std::optional<Position> first_slot() const;
  void cascade();
  void collect(size_t slot);
  std::optional<Task> pop_due();

  std::deque<Node> nodes_;  // grows at the end only; nodes are reused
  Index first_free_ = nil;
  std::array<std::array<Slot, slots_per_level>, levels> slots_;
  std::array<uint64_t, levels> occupied_{};  // one bit a slot
  uint64_t tick_;                            // all earlier ticks are done; never ahead of the time told
  std::optional<Position> cascading_;        // the slot of a higher level whose timers are moving down
  struct Due {
    int64_t due_ns;
    Index index;
    uint32_t generation;
  };
  std::vector<Due> due_;  // collected and sorted; those before next_due_ are done with
  size_t next_due_ = 0;
  size_t pending_ = 0;
};

}  // namespace trivium::sched
