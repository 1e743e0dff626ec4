// The thread that notices what workers cannot notice themselves: a run() that goes on for longer than the
// slice, which it interrupts, and work waiting behind such a run() while another worker sleeps.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

#include "sched/parker.h"

namespace trivium::sched {

class WorkerGroup;

// Looks at each worker several times a slice while any is inside run(), once a slice while they come and go,
// and sleeps when all have been asleep for a while.
class Watchdog {
 public:
  Watchdog(WorkerGroup& group, int64_t slice_ns);

  // After the workers' threads were started; they must stay joinable until stop() has returned.
  void start();
  void stop();

  // Any thread, after a worker was woken: cheap unless the watchdog sleeps.
  void workers_woke_up() {
    if (asleep_.load(std::memory_order_seq_cst)) parker_.unpark();
  }

  uint64_t signals_sent() const { return signals_sent_.load(std::memory_order_relaxed); }

 private:
  struct Observation {
    uint64_t turn = 0;
    int64_t since_ns = 0;   // when this turn was first seen
    int64_t signal_ns = 0;  // when the next signal is due
  };

  void watch();
  void look_at(size_t index, int64_t now_ns);
  void sleep();

  WorkerGroup& group_;
  const int64_t slice_ns_;
  std::vector<Observation> seen_;
  std::atomic<uint64_t> signals_sent_{0};
  std::atomic<bool> asleep_{false};
  std::atomic<bool> stopping_{false};
  Parker parker_;
  std::thread thread_;
};

}  // namespace trivium::sched
