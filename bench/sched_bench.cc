// What the scheduler and the timers cost. Plain loops and a clock: build in release mode, then run
// build/release/sched_bench.
#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <latch>
#include <memory>
#include <semaphore>
#include <thread>
#include <vector>

#include "core/clock.h"
#include "sched/scheduler.h"
#include "sched/timers.h"

namespace trivium::sched {
namespace {

int64_t now_ns() { return system_clock().monotonic_ns(); }

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

void report(const char* what, double value, const char* unit) {
  std::printf("%-62s %10.1f %s\n", what, value, unit);
}

// Wakes its peer and parks, `left` times.
class Player final : public Runnable {
 public:
  Player(Scheduler& scheduler, int64_t turns, std::latch& done, Ref<Lane> lane = nullptr)
      : Runnable(std::move(lane)), scheduler_(scheduler), left_(turns), done_(done) {}
  void play_with(Runnable& peer) { peer_ = &peer; }
  Outcome run() override {
    if (left_-- == 0) {
      done_.count_down();
      return Outcome::done;
    }
    scheduler_.wake(*peer_);
    return Outcome::idle;
  }

 private:
  Scheduler& scheduler_;
  int64_t left_;
  std::latch& done_;
  Runnable* peer_ = nullptr;
};

void ping_pong(const char* what, size_t workers, size_t pairs, size_t lane_limit) {
  constexpr int64_t turns = 2'000'000;
  ThreadedScheduler scheduler({.workers = workers});
  std::latch done(static_cast<std::ptrdiff_t>(pairs));
  auto lane = make_ref<Lane>(scheduler, lane_limit);
  std::vector<Ref<Player>> players;
  for (size_t i = 0; i < pairs; ++i) {
    auto a = make_ref<Player>(scheduler, turns / static_cast<int64_t>(pairs), done, lane);
    auto b = make_ref<Player>(scheduler, turns / static_cast<int64_t>(pairs) + 1, done, lane);
    a->play_with(*b);
    b->play_with(*a);
    players.push_back(a);
    players.push_back(b);
  }
  scheduler.start();
  const double cpu = cpu_seconds();
  const int64_t start = now_ns();
  for (size_t i = 0; i < players.size(); i += 2) scheduler.wake(*players[i]);
  done.wait();
  report(what, static_cast<double>(now_ns() - start) / (2.0 * turns), "ns a wake and switch");
  report("  of CPU time", 1e9 * (cpu_seconds() - cpu) / (2.0 * turns), "ns");
}

class Yielder final : public Runnable {
 public:
  Yielder(int64_t turns, std::latch& done) : left_(turns), done_(done) {}
  Outcome run() override {
    if (--left_ > 0) return Outcome::again;
    done_.count_down();
    return Outcome::done;
  }

 private:
  int64_t left_;
  std::latch& done_;
};

void yields() {
  constexpr int64_t turns = 100'000;
  constexpr int64_t count = 100;
  ThreadedScheduler scheduler({.workers = 1});
  std::latch done(count);
  scheduler.start();
  const double cpu = cpu_seconds();
  for (int64_t i = 0; i < count; ++i) scheduler.wake(*make_ref<Yielder>(turns, done));
  done.wait();
  report("100 runnables yielding in turn, 1 worker", 1e9 * (cpu_seconds() - cpu) / (turns * count),
         "ns of CPU time a turn");
}

class Replier final : public Runnable {
 public:
  explicit Replier(std::binary_semaphore& reply) : reply_(reply) {}
  Outcome run() override {
    reply_.release();
    return Outcome::idle;
  }

 private:
  std::binary_semaphore& reply_;
};

void from_outside() {
  constexpr int rounds = 50'000;
  ThreadedScheduler scheduler({.workers = 2});
  std::binary_semaphore reply(0);
  auto replier = make_ref<Replier>(reply);
  scheduler.start();
  const double cpu = cpu_seconds();
  const int64_t start = now_ns();
  for (int i = 0; i < rounds; ++i) {
    scheduler.wake(*replier);
    reply.acquire();
  }
  report("request from another thread and its reply", static_cast<double>(now_ns() - start) / rounds, "ns");
  report("  of CPU time", 1e9 * (cpu_seconds() - cpu) / rounds, "ns");
}

void set_and_cancel_timers() {
  constexpr size_t count = 1'000'000;
  SystemTimers timers;
  std::vector<TimerId> ids(count);
  uint64_t random = 1;
  double cpu = cpu_seconds();
  for (TimerId& id : ids) {
    random = random * 6364136223846793005 + 1442695040888963407;
    id = timers.after(std::chrono::seconds(60) + std::chrono::microseconds(random >> 36), [] {});
  }
  report("setting a timer, 1,000,000 pending", (cpu_seconds() - cpu) * 1e9 / count, "ns of CPU");
  cpu = cpu_seconds();
  for (const TimerId id : ids) timers.cancel(id);
  report("cancelling it", (cpu_seconds() - cpu) * 1e9 / count, "ns of CPU");
}

void fire_timers() {
  constexpr std::ptrdiff_t count = 1'000'000;
  SystemTimers timers;
  std::latch fired(count);
  for (std::ptrdiff_t i = 0; i < count; ++i) {
    timers.after(std::chrono::seconds(1) + std::chrono::nanoseconds(i * 500),
                 [&fired] { fired.count_down(); });
  }
  const double cpu = cpu_seconds();
  fired.wait();
  report("firing 1,000,000 timers within half a second", (cpu_seconds() - cpu) * 1e9 / count,
         "ns of CPU each");
}

struct Ticker {
  Timers& timers;
  Duration period;
  std::atomic<bool>& stop;
  std::atomic<int64_t>& fired;
  std::atomic<int64_t>& late_ns;
  std::atomic<int64_t>& latest_ns;
  int64_t due = 0;

  void arm() {
    due = now_ns() + period.count();
    timers.at(due, [this] { tick(); });
  }
  void tick() {
    if (stop) return;
    const int64_t late = now_ns() - due;
    fired.fetch_add(1, std::memory_order_relaxed);
    late_ns.fetch_add(late, std::memory_order_relaxed);
    if (late > latest_ns) latest_ns = late;
    arm();
  }
};

void tick() {
  constexpr int count = 10'000;
  std::atomic<bool> stop{false};
  std::atomic<int64_t> fired{0};
  std::atomic<int64_t> late_ns{0};
  std::atomic<int64_t> latest_ns{0};
  std::vector<std::unique_ptr<Ticker>> tickers;
  SystemTimers timers;
  for (int i = 0; i < count; ++i) {
    const Duration period = std::chrono::milliseconds(500) + std::chrono::microseconds(250 * i);
    tickers.push_back(std::make_unique<Ticker>(Ticker{timers, period, stop, fired, late_ns, latest_ns}));
    tickers.back()->arm();
  }
  const double cpu = cpu_seconds();
  const int64_t start = now_ns();
  std::this_thread::sleep_for(std::chrono::seconds(4));
  const double seconds = 1e-9 * static_cast<double>(now_ns() - start);
  report("10,000 tickers of 0.5 to 3 s", 100 * (cpu_seconds() - cpu) / seconds, "% of one CPU");
  report("  ticks", static_cast<double>(fired) / seconds, "/s");
  report("  late on average", 1e-3 * static_cast<double>(late_ns) / static_cast<double>(fired), "µs");
  report("  late at worst", 1e-3 * static_cast<double>(latest_ns), "µs");
  stop = true;
  timers.stop();
}

void idle_cost() {
  ThreadedScheduler scheduler({.workers = 2});
  scheduler.start();
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  const double cpu = cpu_seconds();
  std::this_thread::sleep_for(std::chrono::seconds(1));
  report("an idle scheduler", 1e6 * (cpu_seconds() - cpu), "µs of CPU a second");
}

void run_all() {
  ping_pong("ping-pong, 1 pair, 1 worker", 1, 1, Lane::unlimited);
  ping_pong("ping-pong, 1 pair, 2 workers", 2, 1, Lane::unlimited);
  ping_pong("ping-pong, 1 pair, 2 workers, lane of 1", 2, 1, 1);
  ping_pong("ping-pong, 100 pairs, 1 worker", 1, 100, Lane::unlimited);
  ping_pong("ping-pong, 100 pairs, 2 workers", 2, 100, Lane::unlimited);
  yields();
  from_outside();
  idle_cost();
  set_and_cancel_timers();
  fire_timers();
  tick();
}

}  // namespace
}  // namespace trivium::sched

int main() { trivium::sched::run_all(); }
