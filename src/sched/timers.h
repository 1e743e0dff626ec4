// Calls back at a point in monotonic time. SystemTimers is the real thing, VirtualTimers a clock that tests
// and simulations move.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "core/clock.h"
#include "core/duration.h"
#include "sched/task.h"

namespace trivium::sched {

// Stays invalid for practical purposes once its timer is gone. `none` is no timer's.
enum class TimerId : uint64_t { none = 0 };

// Thread-safe. The queue is bounded by what its users wait for: one entry a pending timer, freed as soon as
// it fires or is cancelled.
class Timers {
 public:
  virtual ~Timers() = default;

  // Calls `callback` once, when `clock().monotonic_ns()` has reached `monotonic_ns` (a time in the past: as
  // soon as possible). Never early. Timers set at one moment fire in the order of their due times, equal ones
  // in the order they were set; between others, rounding may swap two that are due within a millisecond. The
  // callback runs on the timer thread and must be short (wake somebody); it may set and cancel timers; it
  // must not throw. Captures of up to three pointers cost no allocation.
  virtual TimerId at(int64_t monotonic_ns, Task callback) = 0;
  TimerId after(Duration delay, Task callback);

  // True: the callback has not run and never will; its captures are destroyed before this returns. False: it
  // ran, is running or about to, or is no timer.
  virtual bool cancel(TimerId id) = 0;

  virtual size_t pending() const = 0;
  // The clock that due times refer to.
  virtual const Clock& clock() const = 0;
};

// One thread, started by the first timer. Late by at most about 0.2 ms for delays below 8 ms and 1.1 ms
// beyond (due times are rounded up so that timers share wake-ups), plus what the machine's load adds.
class SystemTimers final : public Timers {
 public:
  SystemTimers();
  ~SystemTimers() override;  // stops

  TimerId at(int64_t monotonic_ns, Task callback) override;
  bool cancel(TimerId id) override;
  size_t pending() const override;
  const Clock& clock() const override { return system_clock(); }

  // Ends the thread, after the callback in progress, and drops what is pending; later timers are dropped
  // too. Idempotent. Not from a callback.
  void stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// Time stands still until it is moved. Callbacks run on the thread that moves it, each with the clock at
// exactly its due time. Only one thread may move time; the rest is thread-safe.
class VirtualTimers final : public Timers {
 public:
  // Where the clock begins; the wall clock moves along with the monotonic one.
  explicit VirtualTimers(int64_t wall_ns = 1'000'000'000'000'000'000, int64_t monotonic_ns = 0);
  ~VirtualTimers() override;

  TimerId at(int64_t monotonic_ns, Task callback) override;
  bool cancel(TimerId id) override;
  size_t pending() const override;
  const Clock& clock() const override;

  // Moves time on by `delta`, running what falls due on the way, timers set by callbacks included. Returns
  // how many ran.
  size_t advance(Duration delta);
  // Moves time to the earliest due time and runs that one timer; false if none is pending.
  bool advance_to_next();
  // Moves time on while nobody runs, as for a process that is stopped: what falls due meanwhile runs late,
  // with the next advance.
  void skip(Duration delta);
  // Somebody sets the wall clock: timers do not hear of it.
  void step_wall(Duration by);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace trivium::sched
