#include "sched/timer_wheel.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace trivium::sched {
namespace {

constexpr int64_t precise_below_ns = 8'000'000;
constexpr uint64_t coarse_ticks = 8;  // 2^20 ns
constexpr int max_moves_a_step = 256;

}  // namespace

TimerWheel::TimerWheel(int64_t now_ns) : tick_(static_cast<uint64_t>(now_ns) >> tick_bits) {}

TimerId TimerWheel::add(int64_t due_ns, int64_t now_ns, Task callback) {
  const uint64_t now_tick = static_cast<uint64_t>(now_ns) >> tick_bits;
  if (pending_ == 0 && !cascading_) tick_ = std::max(tick_, now_tick);
  const Index index = allocate();
  Node& node = nodes_[index];
  node.due_ns = due_ns;
  node.tick = std::max(tick_for(due_ns, now_ns), tick_);
  node.callback = std::move(callback);
  link(index);
  ++pending_;
  return id_of(index, node);
}

Task TimerWheel::cancel(TimerId id) {
  const auto bits = static_cast<uint64_t>(id);
  const uint64_t index_plus_one = bits >> 32;
  if (index_plus_one == 0 || index_plus_one > nodes_.size()) return {};
  const auto index = static_cast<Index>(index_plus_one - 1);
  Node& node = nodes_[index];
  if (node.slot == no_slot || node.generation != static_cast<uint32_t>(bits)) return {};
  if (node.slot != due_slot) unlink(index);
  return free(index);
}

std::optional<Task> TimerWheel::advance(int64_t now_ns) {
  if (auto task = pop_due()) return task;
  const uint64_t now_tick = static_cast<uint64_t>(now_ns) >> tick_bits;
  if (!cascading_) {
    const std::optional<Position> position = first_slot();
    if (!position || position->starts > now_tick) {
      tick_ = std::max(tick_, now_tick);
      return std::nullopt;
    }
    tick_ = std::max(tick_, position->starts);
    if (position->level == 0) {
      collect(position->slot);
      return pop_due();
    }
    cascading_ = position;
  }
  cascade();
  return std::nullopt;
}

int64_t TimerWheel::next_ns() const {
  if (next_due_ < due_.size() || cascading_) return 0;
  const std::optional<Position> position = first_slot();
  if (!position) return INT64_MAX;
  return static_cast<int64_t>(std::min<uint64_t>(position->starts, INT64_MAX >> tick_bits) << tick_bits);
}

// Rounds up: a timer is never early. Longer delays bear a coarser grain, and share wake-ups for it.
uint64_t TimerWheel::tick_for(int64_t due_ns, int64_t now_ns) {
  if (due_ns <= now_ns) return 0;
  constexpr uint64_t tick_ns = uint64_t{1} << tick_bits;
  const uint64_t tick = (static_cast<uint64_t>(due_ns) + tick_ns - 1) >> tick_bits;
  if (due_ns - now_ns < precise_below_ns) return tick;
  return (tick + coarse_ticks - 1) / coarse_ticks * coarse_ticks;
}

TimerId TimerWheel::id_of(Index index, const Node& node) {
  return static_cast<TimerId>((uint64_t{index} + 1) << 32 | node.generation);
}

TimerWheel::Index TimerWheel::allocate() {
  if (first_free_ == nil) {
    nodes_.emplace_back();
    return static_cast<Index>(nodes_.size() - 1);
  }
  return std::exchange(first_free_, nodes_[first_free_].next);
}

Task TimerWheel::free(Index index) {
  Node& node = nodes_[index];
  ++node.generation;
  node.slot = no_slot;
  node.next = std::exchange(first_free_, index);
  --pending_;
  return std::move(node.callback);
}

// --- slots ---------------------------------------------------------------------------------------------

// A timer belongs to the level of the highest digit (to base 64) in which its tick differs from the wheel's:
// lower levels are always nearer in time than higher ones, and no slot holds two revolutions.
void TimerWheel::link(Index index) {
  Node& node = nodes_[index];
  const uint64_t difference = node.tick ^ tick_;
  const int level = difference == 0 ? 0 : (std::bit_width(difference) - 1) / level_bits;
  const size_t slot = (node.tick >> (level * level_bits)) % slots_per_level;
  node.slot = static_cast<uint16_t>(static_cast<size_t>(level) * slots_per_level + slot);
  Slot& list = slot_at(node.slot);
  node.next = nil;
  node.previous = list.last;
  (list.last == nil ? list.first : nodes_[list.last].next) = index;
  list.last = index;
  occupied_[static_cast<size_t>(level)] |= uint64_t{1} << slot;
}

void TimerWheel::unlink(Index index) {
  const Node& node = nodes_[index];
  Slot& list = slot_at(node.slot);
  (node.previous == nil ? list.first : nodes_[node.previous].next) = node.next;
  (node.next == nil ? list.last : nodes_[node.next].previous) = node.previous;
  if (list.first == nil) {
    occupied_[node.slot / slots_per_level] &= ~(uint64_t{1} << node.slot % slots_per_level);
  }
}

std::optional<TimerWheel::Position> TimerWheel::first_slot() const {
  for (int level = 0; level < levels; ++level) {
    const uint64_t occupied = occupied_[static_cast<size_t>(level)];
    if (occupied == 0) continue;
    const auto slot = static_cast<size_t>(std::countr_zero(occupied));
    const int shift = level * level_bits;
    const uint64_t revolution = tick_ >> (shift + level_bits) << (shift + level_bits);
    return Position{level, slot, revolution | static_cast<uint64_t>(slot) << shift};
  }
  return std::nullopt;
}

void TimerWheel::cascade() {
  const auto slot =
      static_cast<uint16_t>(static_cast<size_t>(cascading_->level) * slots_per_level + cascading_->slot);
  const Slot& list = slot_at(slot);
  for (int moves = 0; moves < max_moves_a_step && list.first != nil; ++moves) {
    const Index index = list.first;
    unlink(index);
    link(index);  // tick_ has reached the slot, so this is a lower level
  }
  if (list.first == nil) cascading_.reset();
}

void TimerWheel::collect(size_t slot) {
  due_.clear();
  next_due_ = 0;
  Slot& list = slots_[0][slot];
  for (Index index = list.first; index != nil; index = nodes_[index].next) {
    nodes_[index].slot = due_slot;
    due_.push_back({nodes_[index].due_ns, index, nodes_[index].generation});
  }
  list = Slot();
  occupied_[0] &= ~(uint64_t{1} << slot);
  const auto earlier = [](const Due& a, const Due& b) { return a.due_ns < b.due_ns; };
  if (!std::is_sorted(due_.begin(), due_.end(), earlier)) std::stable_sort(due_.begin(), due_.end(), earlier);
}

std::optional<Task> TimerWheel::pop_due() {
  while (next_due_ < due_.size()) {
    const Due& due = due_[next_due_++];
    const Node& node = nodes_[due.index];
    // Cancelled, and perhaps in use again, if the generation is another.
    if (node.generation == due.generation && node.slot == due_slot) return free(due.index);
  }
  return std::nullopt;
}

}  // namespace trivium::sched
