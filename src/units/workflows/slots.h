// How many activities, or workflow tasks, of a worker run at once, and how many may begin in a second.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>

#include "core/duration.h"
#include "sched/timers.h"

namespace trivium::units::workflows {

// Thread-safe. First come, first served.
class Slots : public std::enable_shared_from_this<Slots> {
 public:
  // `per_second` 0: no limit. Otherwise there is always as much time between two beginnings as this makes:
  // after a pause no more begin at once, and a rate beyond the precision of the timers is not quite reached.
  // The timers outlive this.
  Slots(size_t most, double per_second, sched::Timers& timers);

  // A place, or one in the queue for it. Whoever has it gives it back; its destructor does so too.
  class Slot {
   public:
    Slot(std::shared_ptr<Slots> slots, std::function<void()> ready)
        : slots_(std::move(slots)), ready_(std::move(ready)) {}
    ~Slot() { give_back(); }
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;

    void give_back();
    bool held() const;

   private:
    friend class Slots;

    const std::shared_ptr<Slots> slots_;
    std::function<void()> ready_;
    bool held_ = false;  // under the lock of slots_, as ready_
  };
  // A slot that is held at once never calls `ready`; another calls it when it is, from any thread.
  std::shared_ptr<Slot> take(std::function<void()> ready);

  // How many more could have a place soon: now, or if so many begin in a second only, within the next one.
  size_t room() const;

  // Nobody gets a place from now on.
  void close();
  bool closed() const;
  // Waits until no place is held; false if some still are after this time.
  bool wait_until_free(Duration patience);

 private:
  bool may_begin();
  void grant();

  const size_t most_;
  const int64_t interval_ns_;  // between two beginnings; 0: none
  sched::Timers& timers_;

  mutable std::mutex mutex_;
  std::condition_variable freed_;
  std::deque<std::weak_ptr<Slot>> queue_;
  size_t held_ = 0;
  int64_t next_ns_ = 0;  // monotonic: nobody begins before
  bool armed_ = false;
  bool closed_ = false;
};

}  // namespace trivium::units::workflows
