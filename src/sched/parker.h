// Puts one thread to sleep until another wakes it; a wake that comes first is kept (one at most).
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

namespace trivium::sched {

class Parker {
 public:
  // Owner only: returns once unparked since the last return.
  void park();
  // Owner only: the same with a limit; false if time ran out.
  bool park_for(int64_t nanoseconds);
  // Any thread. Everything before it is visible to the owner after park(). A system call only if the owner
  // really sleeps.
  void unpark();

 private:
  enum : uint32_t { empty, parked, notified };
  bool wait(std::optional<int64_t> nanoseconds);

  std::atomic<uint32_t> state_{empty};
};

}  // namespace trivium::sched
