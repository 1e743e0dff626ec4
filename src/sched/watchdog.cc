#include "sched/watchdog.h"

#include <algorithm>

#include "core/clock.h"
#include "sched/preemption_signal.h"
#include "sched/scheduler.h"
#include "sched/worker_group.h"

namespace trivium::sched {
namespace {

constexpr int quiet_looks_before_sleep = 5;

}  // namespace

Watchdog::Watchdog(WorkerGroup& group, int64_t slice_ns) : group_(group), slice_ns_(slice_ns) {}

void Watchdog::start() {
  thread_ = std::thread([this] { watch(); });
}

void Watchdog::stop() {
  stopping_.store(true, std::memory_order_seq_cst);
  parker_.unpark();
  if (thread_.joinable()) thread_.join();
}

void Watchdog::watch() {
  uint64_t turns_before = 0;
  int quiet_looks = 0;
  while (!stopping_.load(std::memory_order_seq_cst)) {
    const int64_t now_ns = system_clock().monotonic_ns();
    bool busy = false;
    const size_t workers = group_.created();
    seen_.resize(workers);
    for (size_t i = 0; i < workers; ++i) {
      look_at(i, now_ns);
      busy = busy || seen_[i].turn % 2 == 1;
    }
    const uint64_t turns = group_.turns();
    quiet_looks = turns == turns_before && group_.all_asleep() ? quiet_looks + 1 : 0;
    turns_before = turns;
    if (quiet_looks >= quiet_looks_before_sleep) {
      sleep();
      quiet_looks = 0;
    } else {
      parker_.park_for(busy ? slice_ns_ / 4 : slice_ns_);
    }
  }
}

void Watchdog::look_at(size_t index, int64_t now_ns) {
  Worker& worker = group_.worker(index);
  Observation& seen = seen_[index];
  const uint64_t turn = worker.turn();
  if (turn != seen.turn) {
    seen = {turn, now_ns, now_ns + slice_ns_};
    return;
  }
  if (turn % 2 == 0) return;
  // The same run() as a look ago: what waits behind it is not reached soon.
  worker.declare_stuck(turn);
  if (worker.has_backlog()) group_.wake_one(index);
  if (preempts_by_signal && now_ns >= seen.signal_ns) {
    seen.signal_ns = now_ns + slice_ns_;
    worker.request_preemption(turn);
    signals_sent_.fetch_add(1, std::memory_order_relaxed);
    send_preemption_signal(group_.thread(index));
  }
}

void Watchdog::sleep() {
  asleep_.store(true, std::memory_order_seq_cst);
  // A worker that wakes leaves the list of sleepers first and looks at asleep_ afterwards; here it is the
  // other way round, so one of the two notices.
  if (group_.all_asleep() && !stopping_.load(std::memory_order_seq_cst)) parker_.park();
  asleep_.store(false, std::memory_order_seq_cst);
}

}  // namespace trivium::sched
