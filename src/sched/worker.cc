#include "sched/worker.h"

#include <algorithm>
#include <utility>

#include "core/clock.h"
#include "core/fetch.h"
#include "core/pause.h"
#include "sched/run_once.h"
#include "sched/worker_group.h"

namespace trivium::sched {
namespace {

void pause_briefly() {
  for (int i = 0; i < 32; ++i) pause_processor();
}

void count_up(std::atomic<uint64_t>& counter) {
  counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

}  // namespace

constinit thread_local Worker* Worker::current_ = nullptr;

Worker::Worker(WorkerGroup& group, size_t index)
    : group_(group), index_(static_cast<uint16_t>(index)), random_(static_cast<uint32_t>(index) + 1) {}

void Worker::work() {
  current_ = this;
  start_measuring();
  while (!group_.stopping()) {
    if (surplus()) {
      rest();
      continue;
    }
    Runnable* runnable = next();
    if (runnable == nullptr) {
      stop_measuring();
      runnable = search();
      if (runnable == nullptr) park();
      start_measuring();
      if (runnable == nullptr) continue;
    }
    if (searching_) {
      searching_ = false;
      if (group_.idle().stop_searching()) group_.recheck(*this);
    }
    run(*runnable);
    if (call_ != nullptr) make_call();
  }
  current_ = nullptr;
}

// --- where work comes from -----------------------------------------------------------------------------

Runnable* Worker::next() {
  if (runs_ >= check_every) {
    check();
    if (Runnable* runnable = next_from_inbox(inbox_, 1)) return runnable;
    // Another worker may be busy with something long while its inbox waits.
    if (Runnable* runnable = next_from_inbox(group_.any_other(index_, random_).inbox(), 1)) return runnable;
  }
  if (Runnable* runnable = next_from_slot()) return runnable;
  slot_uses_ = 0;
  return next_from_queue();
}

Runnable* Worker::next_from_slot() {
  // Only this thread fills the slot, so finding it empty needs no more than a look.
  if (slot_.load(std::memory_order_relaxed) == nullptr) return nullptr;
  Runnable* runnable = slot_.exchange(nullptr, std::memory_order_acq_rel);
  if (runnable == nullptr) return nullptr;
  if (!slot_time_is_over() || queue_.empty()) return runnable;
  slot_uses_ = 0;
  push_back(*runnable);
  return nullptr;
}

// The clock is read now and then only: what wakes each other in turn does so in less time than that takes.
bool Worker::slot_time_is_over() {
  if (++slot_uses_ % slot_uses_a_look != 0) return false;
  const int64_t now_ns = system_clock().monotonic_ns();
  if (slot_uses_ == slot_uses_a_look) slot_since_ns_ = now_ns;
  return now_ns - slot_since_ns_ >= slot_time_ns;
}

// The queue is filled up before it is empty, so that there is always somebody to look ahead to.
Runnable* Worker::next_from_queue() {
  if (queue_.size() <= turns_ahead && inbox_.size() > 0) {
    RunnableList batch;
    inbox_.take(inbox_batch, batch);
    while (Runnable* runnable = batch.pop_front()) push_back(*runnable);
  }
  if (queue_.size() + inbox_.size() < fetch_from) return queue_.take();
  return queue_.take_looking(turns_ahead, [](Runnable& coming, size_t turns) {
    if (turns < turns_ahead) return coming.fetch_ahead(turns);
    fetch(&coming, object_size);
  });
}

Runnable* Worker::next_from_inbox(Inbox& inbox, size_t max) {
  if (inbox.size() == 0) return nullptr;
  RunnableList batch;
  inbox.take(max, batch);
  Runnable* first = batch.pop_front();
  while (Runnable* runnable = batch.pop_front()) push_back(*runnable);
  return first;
}

Runnable* Worker::search() {
  const size_t workers = group_.created();
  if (workers == 1) return nullptr;
  if (!searching_ && !group_.idle().start_searching()) return nullptr;
  searching_ = true;
  for (int round = 0; round < search_rounds; ++round) {
    if (round > 0) pause_briefly();
    random_ = random_ * 1664525 + 1013904223;
    for (size_t i = 0; i < workers; ++i) {
      Worker& victim = group_.worker((random_ / 65536 + i) % workers);
      Runnable* runnable = &victim == this ? next_from_inbox(inbox_, inbox_batch) : steal_from(victim);
      if (runnable != nullptr) return runnable;
    }
  }
  return nullptr;
}

Runnable* Worker::steal_from(Worker& victim) {
  LocalQueue::Batch batch;
  if (const size_t count = victim.queue_.take_half(batch)) {
    count_up(steals_);
    // It fits: this queue is empty, and a batch is half a queue.
    for (size_t i = 1; i < count; ++i) queue_.push(*batch[i]);
    return batch[0];
  }
  if (const size_t waiting = victim.inbox_.size()) {
    if (Runnable* runnable = next_from_inbox(victim.inbox_, std::min((waiting + 1) / 2, inbox_batch))) {
      count_up(steals_);
      return runnable;
    }
  }
  if (victim.stuck()) {
    if (Runnable* runnable = victim.slot_.exchange(nullptr, std::memory_order_acq_rel)) {
      count_up(steals_);
      return runnable;
    }
  }
  return nullptr;
}

// --- where work goes -----------------------------------------------------------------------------------

void Worker::hand_off(Runnable& runnable) {
  // Only this thread fills the slot, so one that looks empty stays empty until it does.
  if (slot_.load(std::memory_order_relaxed) == nullptr) {
    slot_.store(&runnable, std::memory_order_release);
    return;
  }
  Runnable* displaced = slot_.exchange(&runnable, std::memory_order_acq_rel);
  if (displaced != nullptr) push_back(*displaced);
}

void Worker::push_back(Runnable& runnable) {
  if (!queue_.push(runnable)) {
    // Full: the older half moves to the inbox, so that this costs a lock only once in a long while.
    RunnableList overflow;
    LocalQueue::Batch batch;
    const size_t count = queue_.take_half(batch);
    for (size_t i = 0; i < count; ++i) overflow.push_back(*batch[i]);
    overflow.push_back(runnable);
    inbox_.push(overflow);
  }
  if (group_.idle().could_pick() && backlog_ns() >= WorkerGroup::worth_waking_ns) group_.wake_one(index_);
}

int64_t Worker::backlog_ns() const {
  return static_cast<int64_t>(queue_.size() + inbox_.size()) *
         average_run_ns_.load(std::memory_order_relaxed);
}

bool Worker::has_backlog() const {
  return slot_.load(std::memory_order_relaxed) != nullptr || !queue_.empty() || inbox_.size() > 0;
}

bool Worker::has_stealable() const {
  return !queue_.empty() || (stuck() && slot_.load(std::memory_order_relaxed) != nullptr);
}

void Worker::release_all() {
  inbox_.close().release_all();
  // Destructors may not queue anything here any more: this is not the worker's thread.
  if (Runnable* runnable = slot_.exchange(nullptr)) runnable->release();
  while (Runnable* runnable = queue_.take()) runnable->release();
}

// --- running -------------------------------------------------------------------------------------------

void Worker::run(Runnable& runnable) {
  ++runs_;
  RunnableInternals::last_worker(runnable) = index_;
  const AfterTurn after = run_once(runnable, [this](Runnable& admitted) {
    running_.store(&admitted, std::memory_order_relaxed);
    count_up(turn_);
    // The signal handler runs on this thread: all that is needed is that the compiler keeps the order.
    std::atomic_signal_fence(std::memory_order_seq_cst);
    const Outcome outcome = admitted.run();
    std::atomic_signal_fence(std::memory_order_seq_cst);
    count_up(turn_);
    return outcome;
  });
  if (after.admitted != nullptr) push_back(*after.admitted);
  if (after.requeued != nullptr) push_back(*after.requeued);
}

// For the watchdog it is part of the run it is inside of; the signal reaches the innermost, whose end makes
// the others wait.
bool Worker::run_inside(Runnable& runnable) {
  Runnable* const outer = running_.load(std::memory_order_relaxed);
  if (inside_ == ThreadedScheduler::max_inside || !RunnableInternals::state(runnable).wake_idle())
    return false;
  ++inside_;
  RunnableInternals::last_worker(runnable) = index_;
  const AfterTurn after = run_once(runnable, [this, outer](Runnable& admitted) {
    running_.store(&admitted, std::memory_order_relaxed);
    std::atomic_signal_fence(std::memory_order_seq_cst);
    const Outcome outcome = admitted.run_inside();
    std::atomic_signal_fence(std::memory_order_seq_cst);
    running_.store(outer, std::memory_order_relaxed);
    return outcome;
  });
  --inside_;
  if (after.admitted != nullptr) push_back(*after.admitted);
  if (after.requeued != nullptr) push_back(*after.requeued);
  return true;
}

bool Worker::block_after_run(BlockingCall& call) {
  if (inside_ > 0 || call_ != nullptr || turn() % 2 == 0) return false;
  call_ = &call;
  return true;
}

void Worker::make_call() {
  BlockingCall& call = *std::exchange(call_, nullptr);
  away_.store(true, std::memory_order_seq_cst);
  // First the mark, then this look: who fills the inbox does it the other way round.
  if (has_backlog() || !group_.idle().could_pick() || surplus() || group_.stopping()) {
    away_.store(false, std::memory_order_relaxed);
    return call.leave();
  }
  stop_measuring();
  call.make();
  start_measuring();
  away_.store(false, std::memory_order_relaxed);
}

void Worker::preempt_current() noexcept {
  const uint64_t turn = turn_.load(std::memory_order_relaxed);
  if (turn % 2 == 1 && turn == preempt_turn_.load(std::memory_order_relaxed)) {
    running_.load(std::memory_order_relaxed)->preempt();
  }
}

void Worker::park() {
  IdleWorkers& idle = group_.idle();
  idle.sleep(index_, searching_);
  searching_ = false;
  const bool stay_awake = group_.stopping() || surplus() || group_.work_in_sight();
  if (!stay_awake || !idle.cancel_sleep(index_)) {
    count_up(parks_);
    parker_.park();
    group_.woke_up();
  }
  searching_ = true;  // whoever took us off the list of sleepers counted us in
}

bool Worker::surplus() const { return index_ >= group_.size(); }

// Hands over what it has and waits until it is wanted again. From the moment the inbox is closed, whoever
// would have left something there turns to another worker.
void Worker::rest() {
  RunnableList left = inbox_.close();
  if (Runnable* runnable = slot_.exchange(nullptr, std::memory_order_acq_rel)) left.push_back(*runnable);
  while (Runnable* runnable = queue_.take()) left.push_back(*runnable);
  if (searching_) {
    searching_ = false;
    (void)group_.idle().stop_searching();
  }
  while (Runnable* runnable = left.pop_front()) group_.inject(*runnable);
  // It may have been woken in somebody's stead.
  if (group_.work_in_sight()) group_.wake_one(0);
  group_.wait_until_wanted(index_);
  inbox_.open();
  start_measuring();
}

void Worker::start_measuring() {
  measuring_since_ = system_clock().monotonic_ns();
  backlogged_since_ns_ = measuring_since_;
}

void Worker::stop_measuring() { measured_ns_ += system_clock().monotonic_ns() - measuring_since_; }

void Worker::check() {
  const int64_t now_ns = system_clock().monotonic_ns();
  measured_ns_ += now_ns - measuring_since_;
  measuring_since_ = now_ns;
  average_run_ns_.store(measured_ns_ / runs_, std::memory_order_relaxed);
  measured_ns_ = 0;
  runs_ = 0;
  if (queue_.empty()) {
    backlogged_since_ns_ = now_ns;
  } else if (now_ns - backlogged_since_ns_ >= WorkerGroup::backlogged_for_ns) {
    backlogged_since_ns_ = now_ns;
    group_.wake_one(index_);
  }
}

}  // namespace trivium::sched
